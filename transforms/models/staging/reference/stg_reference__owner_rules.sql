select
    rule_id,
    priority,
    match_field,
    lower(coalesce(match_key, '')) as match_key,
    lower(trim(match_value)) as match_value,
    team,
    valid_from,
    valid_to
from {{ source('landing', 'owner_rules') }}
