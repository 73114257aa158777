{#
    The same SKU price bought at two contracted prices on one day in one region: the dearer account
    pays the cheaper account's price.
#}
with
priced as (
    select
        charge_key,
        provider_name,
        sku_id,
        {{ quanta('contracted_unit_price') }} as price_quanta,
        min({{ quanta('contracted_unit_price') }}) over (
            partition by
                service_provider_name, invoice_issuer_name, sku_id, region_id, pricing_unit, pricing_currency,
                cast(charge_period_start as date)
        ) as least_quanta
    from {{ ref('charges') }}
    where
        charge_category = 'Usage'
        and pricing_category = 'Standard'
        and contracted_unit_price > 0
        and sku_id is not null
),

ledger as (
    select
        ledger.*,
        gpu_charges.source_charge_key is not null as is_gpu
    from {{ ref('cost_ledger') }} as ledger
    left join (select distinct source_charge_key from {{ ref('day_workload_charges') }}) as gpu_charges
        on ledger.source_charge_key = gpu_charges.source_charge_key
    where ledger.cost_class in ('direct', 'shared', 'unallocated') and ledger.reporting_effective_cost > 0
),

compared as (
    select
        ledger.usage_date,
        ledger.team,
        ledger.provider || ' ' || priced.sku_id as scope_name,
        case
            when ledger.deployment <> 'none' then 'deployment ' || ledger.deployment
            else 'service ' || ledger.provider || ' ' || ledger.service_name
        end as cost_pool,
        ledger.reporting_effective_cost as cost,
        {{ from_quanta(billionths_of(
            quanta('ledger.reporting_effective_cost'),
            billionths('priced.price_quanta - priced.least_quanta', 'priced.price_quanta')
        )) }} as saving
    from ledger
    inner join priced on ledger.source_charge_key = priced.charge_key  {# only Standard usage has a price to compare #}
    where not ledger.is_gpu and priced.price_quanta > priced.least_quanta
)

select
    'negotiated_prices' as lever,
    'SKU' as scope_type,
    scope_name,
    team,
    cost_pool,
    usage_date,
    cast(sum(cost) as decimal(38, 18)) as baseline_cost,
    cast(sum(saving) as decimal(38, 18)) as saving,
    count(*) as evidence_row_count
from compared
group by scope_name, team, cost_pool, usage_date
