{# What an item cost on a day is shared to the last quantum, and nothing of it is in the ledger's measures. #}
{{ config(tags=['release']) }}

with
shared as (
    select
        usage_date,
        loaded_cost_type,
        item,
        sum({{ quanta('loaded_cost') }}) as shared_quanta
    from {{ ref('loaded_costs_daily') }}
    group by usage_date, loaded_cost_type, item
),

items as (
    select
        usage_date,
        loaded_cost_type,
        item,
        sum(quanta) as item_quanta
    from {{ ref('int_loaded_items__daily') }}
    group by usage_date, loaded_cost_type, item
),

ledger as (
    select sum({{ quanta('ledger.reporting_effective_cost') }}) as quanta
    from {{ ref('cost_ledger') }} as ledger
    cross join {{ source('landing', 'run') }} as run
    where ledger.usage_date between run.first_usage_date and run.usage_date
),

totals as (
    select
        sum({{ quanta('invoiced_cost') }}) as invoiced,
        sum({{ quanta('loaded_cost') }}) as loaded
    from {{ ref('total_costs') }}
    where scope = 'organization'
)

select
    'an item is not what its parts are' as finding,
    items.item as subject
from items
left join shared using (usage_date, loaded_cost_type, item)
where items.item_quanta is distinct from shared.shared_quanta

union all

select
    'invoiced is not the ledger',
    'all'
from totals
cross join ledger
where totals.invoiced is distinct from ledger.quanta

union all

select
    'loaded is not what its items are',
    'all'
from totals
where totals.loaded is distinct from (select sum(item_quanta) from items) and totals.loaded <> 0
