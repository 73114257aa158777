{# The rate as an integer count of 10^-9: DECIMAL(18,9) text without its point. #}
select
    currency,
    reporting_currency,
    cast(replace(cast(rate as varchar), '.', '') as {{ integer_type() }}) as rate_billionths,
    valid_from,
    valid_to
from {{ source('landing', 'exchange_rates') }}
