select usage_date, gateway_team, api_key_alias, team, owner_rule
from {{ ref('int_5_request_owners__resolved') }}
