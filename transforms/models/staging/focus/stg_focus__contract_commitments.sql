select
    source_name,
    contract_commitment_id,
    contract_id,
    contract_commitment_category,
    contract_commitment_type,
    contract_commitment_description,
    contract_commitment_cost,
    contract_commitment_quantity,
    contract_commitment_unit,
    contract_commitment_lifecycle_status,
    contract_commitment_period_start,
    contract_commitment_period_end,
    contract_commitment_last_updated,
    billing_currency,
    invoice_issuer_name,
    service_provider_name
from {{ source('landing', 'contract_commitments') }}
