select
    usage_date,
    deployment,
    pool_start,
    token_type,
    service_tier,
    team,
    owner_rule,
    allocation_method,
    basis,
    {{ measures() | join(', ') }}
from {{ ref('day_request_pool_shares') }}
