{# What a policy shares by: a measured quantity, or none where the table itself says how much. #}
select
    policy_id,
    step,
    match_field,
    lower(trim(match_value)) as match_value,
    method,
    case method
        when 'proportional' then 'direct_cost'
        when 'by_metric' then metric
        else 'none'
    end as metric,
    team,
    coalesce(weight, 1) as weight,
    valid_from,
    valid_to
from {{ source('landing', 'shared_cost_policies') }}
