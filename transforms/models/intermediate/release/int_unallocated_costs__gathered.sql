{# Unallocated spend of days and of charges longer than a day, by subject, tags and user. #}
select * from {{ ref('day_unallocated_costs') }}
union all
select * from {{ ref('int_period_unallocated_costs__summed') }}
