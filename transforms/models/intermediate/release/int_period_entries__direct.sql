{#
    Stage 2 for charges longer than a day: each is spread over the days of its charge period by
    milliseconds, and belongs to its owner. An empty charge period counts for the day it starts on.
#}
with
charges as (select * from {{ ref('int_period_charges__classified') }}),

days as (
    select
        charge_key,
        charge_period_start,
        greatest(charge_period_end, charge_period_start + interval 1 millisecond) as charge_period_end,
        {{ instants(
            "date_trunc('day', charge_period_start)",
            "date_trunc('day', greatest(" ~ add_milliseconds('charge_period_end', -1) ~ ", charge_period_start))",
            'day'
        ) }} as day_start
    from charges
),

weighed as (
    select
        charge_key,
        cast(day_start as date) as charge_date,
        {{ milliseconds_between(
            'greatest(charge_period_start, day_start)',
            'least(charge_period_end, day_start + interval 1 day)'
        ) }} as basis
    from days
),

accumulated as (
    select
        *,
        sum(basis) over (partition by charge_key order by charge_date rows unbounded preceding) as running,
        sum(basis) over (partition by charge_key) as total
    from weighed
)

select
    charges.charge_key,
    accumulated.charge_date as usage_date,
    charges.billing_period,
    charges.provider,
    charges.billing_account_id,
    charges.sub_account_id,
    charges.charge_category,
    charges.service_category,
    charges.service_name,
    charges.billing_currency,
    charges.reporting_currency,
    coalesce(owners.team, 'unallocated') as team,
    coalesce(owners.owner_rule, 'none') as owner_rule,
    'none' as model,
    'none' as deployment,
    'none' as purpose,
    charges.cost_class,
    case when owners.team is null then 'no_owner' else 'owner_rule' end as allocation_method,
    {{ shares('basis', 'running', 'total', 'charges') }}
from accumulated
inner join charges using (charge_key)  {# every day comes from a charge #}
left join {{ ref('int_period_charges__owned') }} as owners on charges.charge_key = owners.subject
