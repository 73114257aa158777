{# What is known of a single request's cost: name, measure, and the cost classes that it covers. #}
{% macro request_measures() %}
    {{ return([
        ('billed_cost', 'billed_cost_quanta', 'true'),
        ('effective_cost', 'effective_cost_quanta', 'true'),
        ('reporting_billed_cost', 'reporting_billed_cost_quanta', 'true'),
        ('reporting_effective_cost', 'reporting_effective_cost_quanta', 'true'),
        ('idle_effective_cost', 'effective_cost_quanta', "cost_class = 'idle_held'"),
        ('reporting_idle_effective_cost', 'reporting_effective_cost_quanta', "cost_class = 'idle_held'"),
    ]) }}
{% endmacro %}

{# Kinds of tokens and the weight column of a self-hosted deployment, which weighs all types of a kind alike. #}
{% macro request_token_weights() %}
    {{ return([
        ('input', 'input_token_weight'),
        ('cache_read', 'cache_read_token_weight'),
        ('cache_creation', 'input_token_weight'),
        ('output', 'output_token_weight'),
        ('request', 'request_weight'),
    ]) }}
{% endmacro %}

{# Residency is counted in millionths of a replica-millisecond, in windows of two seconds. #}
{% macro residency_unit() %}{{ return(1000000) }}{% endmacro %}
{% macro residency_window_ms() %}{{ return(2000) }}{% endmacro %}

{# The start of the window that a millisecond of the day lies in. #}
{% macro window_of(millisecond) -%}
    ({{ millisecond }} - {{ millisecond }} % {{ residency_window_ms() }})
{%- endmacro %}

{# The hour of the day that a millisecond lies in; midnight at the end belongs to the last hour. #}
{% macro hour_of(millisecond) -%}
    {{ floor_divide('least(' ~ millisecond ~ ', 86399999)', 3600000) }}
{%- endmacro %}

{#
    When a request was worked on, in milliseconds of its day: `service_ms`, `first_token_ms` (empty
    where the log does not tell), `completed_ms`; what lies beyond midnight is cut off. A log's
    start includes waiting in a queue, in which no GPU works for the request: so service begins no
    earlier before the first token than the deployment's pace of prefill allows, or before
    completion than its paces of prefill and decode allow where the first token is unknown. A
    request whose end is unknown takes what the paces allow. An unknown pace corrects nothing.

    `requests` has the columns of stg_inference__requests and the paces of
    int_5_request_paces__measured, and `columns` are those to keep.
#}
{% macro request_phases(requests, columns) %}
{% set prefill_ms = floor_divide('(input_tokens - cache_read_input_tokens) * prefill_us_per_token', 1000) %}
{% set decode_ms = floor_divide('output_tokens * decode_us_per_token', 1000) %}
select
    {{ columns | join(', ') }},
    greatest(
        started_ms,
        least(
            coalesce(first_ms - {{ prefill_ms }}, end_ms - {{ prefill_ms }} - {{ decode_ms }}, started_ms),
            86400000
        )
    ) as service_ms,
    case when first_ms is not null then least(first_ms, 86400000) end as first_token_ms,
    least(end_ms, 86400000) as completed_ms
from (
    select
        *,
        {{ millisecond_of_day('started_at', 'usage_date') }} as started_ms,
        case
            when first_token_at > started_at and first_token_at < completed_at
            then {{ millisecond_of_day('first_token_at', 'usage_date') }}
        end as first_ms,
        case
            when completed_at > started_at then {{ millisecond_of_day('completed_at', 'usage_date') }}
            else {{ millisecond_of_day('started_at', 'usage_date') }}
                + coalesce({{ prefill_ms }} + {{ decode_ms }}, 0)
        end as end_ms
    from {{ requests }}
)
{% endmacro %}

{#
    Millionths of a replica-millisecond that one unit of weight gets per millisecond of a span, given
    the span's length, how many replicas there were (in thousandths), and the requests in flight in
    it, both as they are and weighted, in request-milliseconds.
#}
{% macro residency_per_ms(length_ms, replicas_permille, in_flight_ms, weight_ms) -%}
    case when {{ weight_ms }} > 0 then {{ floor_divide(
        residency_unit() ~ ' * least(' ~ length_ms ~ ' * ' ~ replicas_permille ~ ', ' ~ in_flight_ms ~ ' * 1000)',
        '1000 * ' ~ weight_ms
    ) }} else 0 end
{%- endmacro %}

{# What one unit of weight in flight since midnight has cost by an instant, in quanta, from its window and hour. #}
{% macro cost_of_weight_by(millisecond, measure, window, hour) -%}
    (
        cast({{ hour }}.{{ measure }}_before as {{ integer_type() }})
        + cast({{ hour }}.{{ measure }}_per_residency as {{ integer_type() }}) * (
            {{ window }}.residency
            + {{ millisecond }} % {{ residency_window_ms() }} * {{ window }}.residency_per_ms
            - cast({{ hour }}.residency_before as {{ integer_type() }})
        )
    )
{%- endmacro %}

{# The cost of a request of request_costs in quanta. #}
{% macro request_cost_quanta(measure) -%}
    {% set by = {} %}
    {% for instant in ['service_ms', 'first_token_ms', 'completed_ms'] %}
        {% do by.update({instant: cost_of_weight_by('phased.' ~ instant, measure, instant ~ '_window', instant ~ '_rates')}) %}
    {% endfor %}
    phased.is_served * case when phased.allocation_method = 'residency' then
        coalesce(
            {{ by.completed_ms }}
            - coalesce({{ by.first_token_ms }} * (1 - phased.prefill_weight), 0)
            - {{ by.service_ms }}
            * case when phased.first_token_ms is null then 1 else phased.prefill_weight end,
            0
        )
    else
        {% for token_type, parent, kind in token_types() %}
        phased.{{ token_type }}_quantity * cast(rates.{{ measure }}_per_{{ token_type }} as {{ integer_type() }}){{ ' +' if not loop.last }}
        {% endfor %}
    end
    + coalesce(cast(residuals.{{ measure }}_residual as {{ integer_type() }}), 0)
{%- endmacro %}

{# Whether a key's name or a call's tags say that nobody waits: batch, eval or backfill as a word of its own. #}
{% macro says_it_can_wait(words) -%}
    {{ regexp_part('lower(' ~ words ~ ')', '(^|[^a-z])(batch|evals?|evaluation|backfill)([^a-z]|$)') }} <> ''
{%- endmacro %}

{# Times to live of a prompt cache that are replayed, in minutes. #}
{% macro prefix_ladder() %}{{ return([5, 15, 60, 240, 1440]) }}{% endmacro %}

{# What a call is for: its tag `task:…`, else the name of its key. #}
{% macro task_of(request_tags, api_key_alias) -%}
    coalesce(
        nullif(replace(replace({{ regexp_part('lower(' ~ request_tags ~ ')', '"task:[^"]+"') }}, '"task:', ''), '"', ''), ''),
        nullif({{ api_key_alias }}, ''),
        'none'
    )
{%- endmacro %}

{# The steps of the context at which any price list changes its prices: a relation of one row, to be named `steps`. #}
{% macro context_steps() -%}
    select
        min(context_tokens_over) as first_step,
        {{ distinct_list('context_tokens_over') }} as listed
    from {{ ref('stg_reference__model_prices') }}
    where context_tokens_over > 0
{%- endmacro %}

{# The largest of the `steps` that an input exceeds, 0 below the first. #}
{% macro context_step(input_tokens) -%}
    case when {{ input_tokens }} > steps.first_step then {{ largest_below('steps.listed', input_tokens) }} else 0 end
{%- endmacro %}
