{#
    What is paid beside the bills, in a measure of its own: never added to the ledger, which is what was invoiced.
    An item's day is shared among those who used what it pays for; parts add up to it. What nobody used stays with
    the team that the item names, else unallocated.
#}
with
shared as (
    select
        items.usage_date,
        items.loaded_cost_type,
        items.item,
        items.cost_source,
        items.quanta,
        coalesce(bases.team, items.team, 'unallocated') as team,
        coalesce(bases.model, 'none') as model,
        coalesce(bases.deployment, 'none') as deployment,
        coalesce(sum(bases.weight), 1) as weight
    from {{ ref('int_loaded_items__daily') }} as items
    left join {{ ref('int_loaded_bases__summed') }} as bases
        on
            items.usage_date = bases.usage_date
            and items.basis = bases.basis
            and coalesce(items.node, bases.node) = bases.node
            and coalesce(items.cloud, bases.cloud) = bases.cloud
            and (items.region_id is null or items.region_id in ('*', bases.region_id))
            and coalesce(items.team, bases.team) = bases.team
    group by all
),

placed as (
    select
        *,
        sum(weight) over whole as total,
        sum(weight) over so_far as running
    from shared
    window
        whole as (partition by usage_date, loaded_cost_type, item),
        so_far as (
            partition by usage_date, loaded_cost_type, item order by team, model, deployment
            rows between unbounded preceding and current row
        )
)

select
    placed.usage_date,
    placed.loaded_cost_type,
    placed.item,
    placed.team,
    placed.model,
    placed.deployment,
    run.reporting_currency,
    {{ from_quanta(share('placed.quanta', 'placed.weight', 'placed.running', 'placed.total')) }} as loaded_cost,
    placed.cost_source
from placed
cross join {{ source('landing', 'run') }} as run
