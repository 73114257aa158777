select
    lever,
    name,
    value,
    source,
    valid_from,
    valid_to
from {{ source('landing', 'lever_assumptions') }}
