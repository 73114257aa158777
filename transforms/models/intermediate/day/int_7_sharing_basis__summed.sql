{#
    What each team used on the day: the quantities that shared costs may follow, as integers. Direct
    effective cost in whole millionths of the reporting currency (a net credit weighs nothing), held
    GPU time in milliseconds.
#}
select
    usage_date as period_key,
    'direct_cost' as metric,
    team,
    greatest({{ floor_divide('sum(reporting_effective_cost_quanta)', 1000000000000) }}, 0) as basis
from {{ ref('int_6_entries__direct') }}
where cost_class in ('direct', 'idle_held')
group by usage_date, team

union all

select
    usage_date,
    'gpu_seconds_held',
    team,
    cast(sum(held_seconds) * 1000 as {{ integer_type() }})
from {{ ref('day_gpu_hours') }}
group by usage_date, team

{% for metric, quantity in [('requests', 'request_count'), ('tokens', 'input_tokens + output_tokens')] %}
union all

select
    usage_date,
    '{{ metric }}',
    team,
    cast(sum({{ quantity }}) as {{ integer_type() }})
from {{ ref('day_request_usage') }}
group by usage_date, team
{% endfor %}
