{#
    What each team used in the billing period: the quantities that shared costs may follow, as
    integers. Direct effective cost in whole millionths of the reporting currency (a net credit
    weighs nothing), held GPU time in milliseconds.
#}
select
    billing_period as period_key,
    'direct_cost' as metric,
    team,
    greatest({{ floor_divide('sum(' ~ quanta('reporting_effective_cost') ~ ')', 1000000000000) }}, 0) as basis
from {{ ref('day_cost_ledger') }}
where cost_class in ('direct', 'idle_held')
group by billing_period, team

union all

select
    cast(date_trunc('month', usage_date) as date),
    'gpu_seconds_held',
    team,
    cast(sum(held_seconds) * 1000 as {{ integer_type() }})
from {{ ref('day_gpu_hours') }}
group by cast(date_trunc('month', usage_date) as date), team

{% for metric, quantity in [('requests', 'request_count'), ('tokens', 'input_tokens + output_tokens')] %}
union all

select
    cast(date_trunc('month', usage_date) as date),
    '{{ metric }}',
    team,
    cast(sum({{ quantity }}) as {{ integer_type() }})
from {{ ref('day_request_usage') }}
group by cast(date_trunc('month', usage_date) as date), team
{% endfor %}
