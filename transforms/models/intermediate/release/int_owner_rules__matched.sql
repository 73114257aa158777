{# What the owner rules matched, of usage days and of charges longer than a day. #}
{% set columns %}
    usage_date, subject_type, rule_id, team, priority, deciding_rule, deciding_team, deciding_priority
{% endset %}

select
    {{ columns }},
    cast(sum(subject_count) as bigint) as subject_count,
    cast(sum(reporting_effective_cost) as decimal(38, 18)) as reporting_effective_cost
from (
    select * from {{ ref('day_owner_rule_matches') }}
    union all
    select * from {{ ref('int_period_owner_rules__matched') }}
)
group by {{ columns }}
