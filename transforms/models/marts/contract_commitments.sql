{# Of several deliveries of a commitment the one that was updated last. #}
select
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
    billing_currency,
    service_provider_name
from (
    select
        *,
        row_number() over (
            partition by contract_commitment_id
            order by
                contract_commitment_last_updated desc nulls last,
                contract_commitment_period_start desc,
                source_name asc
        ) as place
    from {{ ref('stg_focus__contract_commitments') }}
)
where place = 1
