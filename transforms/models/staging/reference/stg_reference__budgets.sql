select
    scope,
    scope_name,
    monthly_amount,
    valid_from,
    valid_to
from {{ source('landing', 'budgets') }}
