select
    lever,
    scope,
    team,
    decision,
    decided_by,
    promised_saving_per_day,
    note,
    valid_from,
    valid_to
from {{ source('landing', 'opportunity_decisions') }}
