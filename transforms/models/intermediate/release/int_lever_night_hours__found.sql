{#
    Hours of nights and weekends in which a development workload held GPUs and did nothing, anywhere,
    in that hour. The hours are UTC, as every hour of the warehouse.
#}
with
hours as (
    select
        hour_start,
        node,
        workload,
        team,
        bool_or(cost_class = 'direct') as is_busy
    from {{ ref('day_workload_costs') }}
    where workload <> 'none' and purpose = 'development'
    group by all
),

limits as (
    select
        usage_date,
        max(value) filter (where name = 'first_office_hour') as first_hour,
        max(value) filter (where name = 'last_office_hour') as last_hour
    from {{ ref('int_lever_assumptions__chosen') }}
    where lever = 'dev_nights'
    group by usage_date
),

judged as (
    select
        *,
        bool_or(is_busy) over (partition by workload, team, hour_start) as is_used
    from hours
)

select
    judged.hour_start,
    judged.node,
    judged.workload,
    judged.team
from judged
inner join limits  {# assumptions stand on every known day #}
    on cast(judged.hour_start as date) = limits.usage_date
where
    not judged.is_used
    and (
        extract(isodow from judged.hour_start) >= 6
        or extract(hour from judged.hour_start) < limits.first_hour
        or extract(hour from judged.hour_start) >= limits.last_hour
    )
