select
    usage_date,
    first_usage_date,
    organization_name,
    reporting_currency,
    statement_measure,
    settings_version,
    code_version
from {{ source('landing', 'run') }}
