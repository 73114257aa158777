{#
    Owner rules that matched the same subject and name different teams. With equal priorities nobody
    said which of them is right; with different ones somebody did, and the row only tells.
#}
select
    matched.usage_date,
    matched.subject_type,
    case when matched.priority = matched.deciding_priority then 'conflict' else 'overridden' end as severity,
    matched.deciding_rule,
    matched.deciding_team,
    matched.deciding_priority,
    matched.rule_id as other_rule,
    matched.team as other_team,
    matched.priority as other_priority,
    matched.subject_count,
    matched.reporting_effective_cost,
    run.reporting_currency
from {{ ref('int_owner_rules__matched') }} as matched
cross join {{ source('landing', 'run') }} as run
where matched.team <> matched.deciding_team
