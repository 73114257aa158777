select
    usage_date,
    first_usage_date,
    organization_name,
    reporting_currency,
    statement_measure,
    reporting_time_zone,
    settings_version,
    code_version
from {{ source('landing', 'run') }}
