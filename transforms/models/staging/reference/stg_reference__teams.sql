select
    team,
    cost_center,
    business_unit,
    owner,
    valid_from,
    valid_to
from {{ source('landing', 'teams') }}
