{#
    What has changed of closed periods since they were charged: the ledger as it is now, against
    everything that closed statements have charged of it. A difference is charged in the first open
    period after it. The reason follows from the charge: it came after the closing, is gone, is
    there with the same amount but other recipients, or else was worked out anew.
#}
{% set keys = [
    'billing_period', 'source_charge_key', 'business_unit', 'cost_center', 'team', 'model', 'deployment', 'purpose',
    'cost_class', 'provider', 'service_name', 'currency',
] %}
with
closings as (select * from {{ source('landing', 'closings') }}),

recorded as (
    select
        {% for key in keys %}
        {{ 'ledger.reporting_currency as currency' if key == 'currency' else 'ledger.' ~ key }},
        {% endfor %}
        sum(ledger.reporting_billed_cost) as recorded_billed_cost,
        sum(ledger.reporting_effective_cost) as recorded_effective_cost
    from {{ ref('cost_ledger') }} as ledger
    inner join closings using (billing_period)  {# open periods have nothing to adjust #}
    group by all
),

charged as (
    select
        {{ keys | join(', ') }},
        sum(billed_cost) as charged_billed_cost,
        sum(effective_cost) as charged_effective_cost
    from {{ source('landing', 'closed_entries') }}
    group by all
),

compared as (
    select
        {{ keys | join(', ') }},
        coalesce(charged_billed_cost, 0) as charged_billed_cost,
        coalesce(charged_effective_cost, 0) as charged_effective_cost,
        coalesce(recorded_billed_cost, 0) as recorded_billed_cost,
        coalesce(recorded_effective_cost, 0) as recorded_effective_cost,
        count(charged_billed_cost) over charge as charged_count,
        count(recorded_billed_cost) over charge as recorded_count,
        sum(coalesce(recorded_billed_cost, 0) - coalesce(charged_billed_cost, 0)) over charge
            as charge_billed_difference,
        sum(coalesce(recorded_effective_cost, 0) - coalesce(charged_effective_cost, 0)) over charge
            as charge_effective_difference
    from recorded
    full outer join charged using ({{ keys | join(', ') }})
    window charge as (partition by billing_period, source_charge_key)
),

periods as (
    select
        closed.billing_period as adjusted_period,
        min(cast(candidates.billing_period + interval 1 month as date)) as billing_period
    from closings as closed
    inner join closings as candidates  {# the month after some closed one is the first open one #}
        on
            closed.billing_period <= candidates.billing_period
            and cast(candidates.billing_period + interval 1 month as date)
            not in (select billing_period from closings)
    group by closed.billing_period
)

select
    periods.billing_period,
    periods.adjusted_period,
    compared.source_charge_key,
    compared.business_unit,
    compared.cost_center,
    compared.team,
    compared.model,
    compared.deployment,
    compared.purpose,
    compared.cost_class,
    compared.provider,
    compared.service_name,
    compared.currency,
    case
        when compared.charged_count = 0 then 'late_charge'
        when compared.recorded_count = 0 then 'withdrawn_charge'
        when compared.charge_billed_difference = 0 and compared.charge_effective_difference = 0 then 'other_recipient'
        else 'recomputed'
    end as reason,
    cast(compared.charged_billed_cost as decimal(38, 18)) as charged_billed_cost,
    cast(compared.charged_effective_cost as decimal(38, 18)) as charged_effective_cost,
    cast(compared.recorded_billed_cost as decimal(38, 18)) as recorded_billed_cost,
    cast(compared.recorded_effective_cost as decimal(38, 18)) as recorded_effective_cost,
    cast(compared.recorded_billed_cost - compared.charged_billed_cost as decimal(38, 18)) as billed_cost,
    cast(compared.recorded_effective_cost - compared.charged_effective_cost as decimal(38, 18)) as effective_cost
from compared
inner join periods on compared.billing_period = periods.adjusted_period  {# every closed period has one #}
where
    compared.recorded_billed_cost <> compared.charged_billed_cost
    or compared.recorded_effective_cost <> compared.charged_effective_cost
