{#
    Every charge of the day at the end of its own path, before shared costs move: pools split over
    requests, workloads that served none, unheld time, and charges that no GPU and no meter explains.
#}
with
charges as (select * from {{ ref('int_1_charges__classified') }}),
owners as (select * from {{ ref('int_1_charges__owned') }}),
pooled as (select distinct charge_key from {{ ref('int_5_pool_charges__gathered') }}),

request_entries as (
    select
        charge_key,
        team,
        owner_rule,
        model,
        deployment,
        purpose,
        cost_class,
        allocation_method,
        {{ sum_quanta() }}
    from {{ ref('int_5_pool_charges__split') }}
    group by all
),

workload_entries as (
    select
        charge_key,
        team,
        owner_rule,
        model,
        deployment,
        purpose,
        cost_class,
        allocation_method,
        {{ sum_quanta() }}
    from {{ ref('int_6_entries__held') }}
    group by all
),

other_entries as (
    select
        charges.charge_key,
        coalesce(owners.team, 'unallocated') as team,
        coalesce(owners.owner_rule, 'none') as owner_rule,
        'none' as model,
        'none' as deployment,
        'none' as purpose,
        charges.cost_class,
        case when owners.team is null then 'no_owner' else 'owner_rule' end as allocation_method,
        {{ quanta_columns('charges') }}
    from charges
    left join owners on charges.charge_key = owners.subject
    where
        charges.charge_key not in (select charge_key from {{ ref('int_3_workload_hours__split') }})
        and charges.charge_key not in (select charge_key from pooled)
),

entries as (
    select * from request_entries
    union all
    select * from workload_entries
    union all
    select * from other_entries
)

select
    entries.charge_key,
    charges.usage_date,
    charges.billing_period,
    charges.provider,
    charges.billing_account_id,
    charges.sub_account_id,
    charges.charge_category,
    charges.service_category,
    charges.service_name,
    charges.billing_currency,
    charges.reporting_currency,
    entries.team,
    entries.owner_rule,
    entries.model,
    entries.deployment,
    entries.purpose,
    entries.cost_class,
    entries.allocation_method,
    {{ quanta_columns('entries') }}
from entries
inner join charges using (charge_key)  {# every entry comes from one of these charges #}
