select
    policy_id,
    step,
    match_field,
    lower(match_value) as match_value,
    method,
    team,
    coalesce(weight, 1) as weight,
    valid_from,
    valid_to
from {{ source('landing', 'shared_cost_policies') }}
