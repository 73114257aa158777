{#
    Replay of the optimal commitment over the known days: what on-demand use would have cost under it.
    A day's saving is spread over the pools that the SKU's cost went to, by what each has of it; a day
    on which the commitment stands unused is a loss.
#}
with
replayed as (
    select
        hours.usage_date,
        hours.provider,
        hours.sku_id,
        hours.region_id,
        sum(hours.milliunits) * 1000 as used,
        sum(
            least(hours.milliunits, levels.level_milliunits) * 1000
            - levels.level_milliunits * (1000 - levels.discount_permille)
        ) as saved
    from {{ ref('int_lever_commitment_hours__gathered') }} as hours
    inner join {{ ref('int_lever_commitment_levels__optimal') }} as levels  {# made of these very hours #}
        using (provider, sku_id, region_id)
    where levels.level_milliunits > 0
    group by all
),

on_demand as (
    select
        charge_key,
        service_provider_name as provider,
        sku_id,
        coalesce(region_id, 'none') as region_id
    from {{ ref('charges') }}
    where
        charge_category = 'Usage'
        and service_category = 'Compute'
        and pricing_category = 'Standard'
        and pricing_unit = 'Hours'
        and pricing_quantity > 0
),

ledger as (
    select
        usage_date,
        source_charge_key,
        max('service ' || provider || ' ' || service_name) as service_pool,
        bool_or(cost_class = 'idle_unheld' or allocation_method = 'telemetry_gap') as is_unheld,
        sum({{ quanta('reporting_effective_cost') }}) as quanta
    from {{ ref('cost_ledger') }}
    group by all
),

workloads as (
    select
        charges.usage_date,
        charges.source_charge_key,
        {{ workload_pool('charges') }} as cost_pool,
        sum({{ quanta('charges.reporting_effective_cost') }}) as quanta
    from {{ ref('day_workload_charges') }} as charges
    group by all
),

parts as (
    select usage_date, source_charge_key, cost_pool, quanta from workloads
    union all
    select
        ledger.usage_date,
        ledger.source_charge_key,
        case when held.quanta is null and not ledger.is_unheld then ledger.service_pool else 'unheld' end,
        ledger.quanta - coalesce(held.quanta, 0)
    from ledger
    left join (
        select usage_date, source_charge_key, sum(quanta) as quanta
        from workloads
        group by usage_date, source_charge_key
    ) as held
        on ledger.usage_date = held.usage_date and ledger.source_charge_key = held.source_charge_key
),

pooled as (
    select
        parts.usage_date,
        on_demand.provider,
        on_demand.sku_id,
        on_demand.region_id,
        parts.cost_pool,
        sum(parts.quanta) as quanta
    from parts
    inner join on_demand  {# only on-demand compute can be committed #}
        on parts.source_charge_key = on_demand.charge_key
    group by all
),

spread as (
    select
        pooled.usage_date,
        pooled.provider,
        pooled.sku_id,
        pooled.region_id,
        pooled.cost_pool,
        pooled.quanta,
        {{ billionths_of('pooled.quanta', billionths('replayed.saved', 'replayed.used')) }} as saved_quanta
    from pooled
    inner join replayed using (usage_date, provider, sku_id, region_id)  {# SKUs with a discount and a level #}
    where replayed.used > 0

    union all

    select
        replayed.usage_date,
        replayed.provider,
        replayed.sku_id,
        replayed.region_id,
        sums.cost_pool,
        0,
        {{ billionths_of('sums.quanta', billionths('replayed.saved', 'sums.used')) }}
    from replayed
    inner join (
        select
            provider,
            sku_id,
            region_id,
            max(costs.cost_pool) as cost_pool,
            sum(costs.quanta) as quanta,
            max(uses.used) as used
        from pooled as costs
        inner join (  {# the SKUs of `pooled` that have a level #}
            select provider, sku_id, region_id, sum(used) as used from replayed group by all
        ) as uses using (provider, sku_id, region_id)
        group by provider, sku_id, region_id
    ) as sums  {# a SKU with a level was used on some day #}
        using (provider, sku_id, region_id)
    where replayed.used = 0
)

select
    'commitments' as lever,
    'SKU' as scope_type,
    provider || ' ' || sku_id || ' in ' || region_id as scope_name,
    'unallocated' as team,
    cost_pool,
    usage_date,
    {{ from_quanta('quanta') }} as baseline_cost,
    {{ from_quanta('saved_quanta') }} as saving,
    cast(1 as bigint) as evidence_row_count
from spread
