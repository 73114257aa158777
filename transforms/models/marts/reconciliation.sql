{#
    What the providers delivered, added up outside SQL, against what the ledger attributed.
    `difference` is what is missing or too much: delivered - attributed - unallocated. Quarantined
    amounts were delivered but are not trusted, and stand beside.
#}
with
control as (
    select
        service_provider_name as provider,
        billing_account_id,
        billing_period,
        billing_currency,
        measure.name as measure,
        sum(cast(case
            when measure.name = 'billed_cost' then billed_cost else effective_cost
        end as decimal(38, 18))) as delivered,
        sum(cast(case
            when measure.name = 'billed_cost' then quarantined_billed_cost else quarantined_effective_cost
        end as decimal(38, 18))) as quarantined,
        sum(cast(case
            when measure.name = 'billed_cost' then rounded_billed_cost else rounded_effective_cost
        end as decimal(38, 30))) as rounded
    from {{ source('landing', 'control_totals') }}
    cross join (values ('billed_cost'), ('effective_cost')) as measure (name)
    group by all
),

ledger as (
    select
        provider,
        billing_account_id,
        billing_period,
        billing_currency,
        measure.name as measure,
        coalesce(sum(case when measure.name = 'billed_cost' then billed_cost else effective_cost end)
            filter (where team <> 'unallocated'), 0) as attributed,
        coalesce(sum(case when measure.name = 'billed_cost' then billed_cost else effective_cost end)
            filter (where team = 'unallocated'), 0) as unallocated
    from {{ ref('cost_ledger') }}
    cross join (values ('billed_cost'), ('effective_cost')) as measure (name)
    group by all
)

select
    coalesce(control.provider, ledger.provider) as provider,
    coalesce(control.billing_account_id, ledger.billing_account_id) as billing_account_id,
    coalesce(control.billing_period, ledger.billing_period) as billing_period,
    coalesce(control.billing_currency, ledger.billing_currency) as billing_currency,
    coalesce(control.measure, ledger.measure) as measure,
    cast(coalesce(control.delivered, 0) as decimal(38, 18)) as delivered,
    cast(coalesce(ledger.attributed, 0) as decimal(38, 18)) as attributed,
    cast(coalesce(ledger.unallocated, 0) as decimal(38, 18)) as unallocated,
    cast(coalesce(control.quarantined, 0) as decimal(38, 18)) as quarantined,
    cast(coalesce(control.rounded, 0) as decimal(38, 30)) as rounded,
    cast(
        coalesce(control.delivered, 0) - coalesce(ledger.attributed, 0) - coalesce(ledger.unallocated, 0)
        as decimal(38, 18)
    ) as difference
from control
full outer join ledger using (provider, billing_account_id, billing_period, billing_currency, measure)
