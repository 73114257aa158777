select usage_date, gateway_team, api_key_alias, team, owner_rule
from {{ ref('day_request_owners') }}
