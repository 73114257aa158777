select distinct usage_date
from {{ ref('cost_ledger') }}
