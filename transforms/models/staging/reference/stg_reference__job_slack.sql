select
    job_name,
    slack_hours,
    slack_source,
    valid_from,
    valid_to
from {{ source('landing', 'job_slack') }}
