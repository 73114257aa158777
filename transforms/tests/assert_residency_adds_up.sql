{#
    A row here means that the costs of a deployment's requests would not add up to what the ledger
    gives to the teams behind them: what request_costs derives for each, added up over every coming
    and going in the log, against the split of the deployment's charges.
#}
{{ config(tags=['day']) }}

with
changes as (
    select
        numbered.usage_date,
        numbered.deployment,
        numbered.replica_id,
        {{ add_milliseconds('cast(numbered.usage_date as timestamp)', hour_of('windows.window_ms') ~ ' * 3600000') }}
            as pool_start,
        sum(windows.weight) as weight,
        sum(windows.weight * windows.residency + windows.weight_ms * windows.residency_per_ms) as residency
    from {{ ref('int_5_residency__accumulated') }} as windows
    inner join {{ ref('int_5_replicas__numbered') }} as numbered using (replica_number)  {# numbered there #}
    group by all
),

requests as (
    select
        rates.usage_date,
        rates.deployment,
        {% for measure in ['billed_cost', 'effective_cost', 'reporting_billed_cost', 'reporting_effective_cost'] %}
        sum(
            -1 * coalesce(changes.weight, 0) * (
                cast(rates.{{ measure }}_before as {{ integer_type() }})
                - cast(rates.{{ measure }}_per_residency as {{ integer_type() }})
                * cast(rates.residency_before as {{ integer_type() }})
            )
            - coalesce(changes.residency, 0) * cast(rates.{{ measure }}_per_residency as {{ integer_type() }})
        ) as {{ measure }}_quanta{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('day_request_residency_rates') }} as rates
    left join changes
        on
            rates.usage_date = changes.usage_date
            and rates.deployment = changes.deployment
            and rates.replica_id = changes.replica_id
            and rates.pool_start = changes.pool_start
    group by rates.usage_date, rates.deployment
),

residuals as (
    select
        usage_date,
        deployment,
        {% for measure in ['billed_cost', 'effective_cost', 'reporting_billed_cost', 'reporting_effective_cost'] %}
        sum({{ measure }}_residual) as {{ measure }}_quanta{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('day_request_rates') }}
    group by usage_date, deployment
),

entries as (
    select usage_date, deployment, {{ sum_quanta() }}
    from {{ ref('int_5_pool_charges__split') }}
    where allocation_method = 'residency'
    group by usage_date, deployment
)

select
    usage_date,
    deployment,
    requests.effective_cost_quanta as requests_effective_cost_quanta,
    entries.effective_cost_quanta as entries_effective_cost_quanta
from requests
left join residuals using (usage_date, deployment)
full outer join entries using (usage_date, deployment)
where
    {% for measure in ['billed_cost', 'effective_cost', 'reporting_billed_cost', 'reporting_effective_cost'] %}
    coalesce(entries.{{ measure }}_quanta, 0)
    <> coalesce(requests.{{ measure }}_quanta, 0)
    + coalesce(cast(residuals.{{ measure }}_quanta as {{ integer_type() }}), 0)
    {{ 'or' if not loop.last }}
    {% endfor %}
