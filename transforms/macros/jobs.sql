{# How a run of a job can end, and what that means for the work: the first is good, then running, then lost. #}
{% macro run_outcomes() %}
    {{ return([
        'completed', 'running', 'failed', 'node_failed', 'preempted', 'timed_out', 'requeued', 'cancelled',
        'unrecorded',
    ]) }}
{% endmacro %}

{# The outcome of a run by the state that Slurm or the kubelet gives it. #}
{% macro run_outcome(state) -%}
    case
        when {{ state }} in ('COMPLETED', 'Completed') then 'completed'
        when {{ state }} in ('FAILED', 'OUT_OF_MEMORY', 'Error', 'OOMKilled', 'ContainerCannotRun', 'StartError')
        then 'failed'
        when {{ state }} in ('NODE_FAIL', 'BOOT_FAIL', 'NodeLost', 'ContainerStatusUnknown') then 'node_failed'
        when {{ state }} in ('PREEMPTED', 'Evicted', 'Preempted') then 'preempted'
        when {{ state }} in ('TIMEOUT', 'DEADLINE', 'DeadlineExceeded') then 'timed_out'
        when {{ state }} in ('REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'SPECIAL_EXIT') then 'requeued'
        when {{ state }} in ('CANCELLED', 'REVOKED') then 'cancelled'
        when {{ state }} in ('RUNNING', 'SUSPENDED', 'COMPLETING', 'STOPPED', 'SIGNALING', 'STAGE_OUT')
        then 'running'
        else 'unrecorded'
    end
{%- endmacro %}

{# DECIMAL(18,3) seconds as an integer count of milliseconds. #}
{% macro milliseconds(seconds) -%}
    cast(replace(cast(cast({{ seconds }} as decimal(18, 3)) as varchar), '.', '') as {{ integer_type() }})
{%- endmacro %}

{# GPU-seconds as GPU-hours, rounded half to even at 10^-6. #}
{% macro gpu_hours(gpu_seconds) -%}
    cast(
        cast({{ divide_half_even(milliseconds(gpu_seconds) ~ ' * 1000000', 3600000) }} as decimal(12, 0))
        * cast(0.000001 as decimal(6, 6)) as decimal(18, 6)
    )
{%- endmacro %}

{# The columns that say which job a row belongs to. #}
{% macro job_key() %}
    {{ return(['scheduler', 'cluster', 'job_id']) }}
{% endmacro %}

{#
    Costs of jobs summed over `keys`. Amounts of different currencies are never added up: where rows
    were billed in several, the measures in the billing currency are empty.
#}
{% macro job_sums(relation, keys) %}
    select
        {{ keys | join(', ') }},
        case when min(billing_currency) = max(billing_currency) then max(billing_currency) end as billing_currency,
        {% for measure in measures() %}
        {% if measure.startswith('reporting_') %}
        sum({{ measure }}) as {{ measure }},
        {% else %}
        case when min(billing_currency) = max(billing_currency) then sum({{ measure }}) end as {{ measure }},
        {% endif %}
        {% endfor %}
        coalesce(sum(reporting_effective_cost) filter (where cost_class = 'direct'), 0) as reporting_direct_cost,
        coalesce(sum(reporting_effective_cost) filter (where cost_class = 'idle_held'), 0) as reporting_idle_cost
    from {{ relation }}
    group by {{ keys | join(', ') }}
{% endmacro %}

{# What `job_sums` sums, as columns; a job that no bill explains costs nothing. #}
{% macro job_amounts(relation) %}
    {%- for measure in measures() + ['reporting_direct_cost', 'reporting_idle_cost'] %}
    {%- if measure.startswith('reporting_') %}
    cast(coalesce({{ relation }}.{{ measure }}, 0) as decimal(38, 18)) as {{ measure }}
    {%- else %}
    cast({{ relation }}.{{ measure }} as decimal(38, 18)) as {{ measure }}
    {%- endif %}{{ ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{# Completed GPU time against all of it that came to an end; empty where none has. #}
{% macro goodput(relation) -%}
    {% set ended = [] %}
    {% for outcome in run_outcomes() if outcome not in ['running', 'unrecorded'] %}
    {% do ended.append(relation ~ '.' ~ outcome ~ '_gpu_seconds') %}
    {% endfor %}
    case when {{ ended | join(' + ') }} > 0 then
        cast(
            cast({{ divide_half_even(
                milliseconds(relation ~ '.completed_gpu_seconds') ~ ' * 1000000', milliseconds(ended | join(' + '))
            ) }} as decimal(12, 0)) * cast(0.000001 as decimal(6, 6)) as decimal(18, 6)
        )
    end
{%- endmacro %}
