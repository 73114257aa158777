{# What every lever model yields: one row per lever, scope, team, cost pool and known day. #}
{% macro lever_columns() %}
    {{ return([
        'lever', 'scope_type', 'scope_name', 'team', 'cost_pool', 'usage_date', 'baseline_cost', 'saving', 'evidence_row_count',
    ]) }}
{% endmacro %}

{# The lever models that compute a saving; a lever of `lever_definitions` without one is not assessed. #}
{% macro lever_models() %}
    {{ return([
        'int_lever_unused_commitments__summed',
        'int_lever_failed_jobs__replayed',
        'int_lever_requests__replayed',
        'int_lever_cache_storms__found',
        'int_lever_prefix_caching__replayed',
        'int_lever_dev_nights__replayed',
        'int_lever_idle_gpus__replayed',
        'int_lever_unheld_nodes__replayed',
        'int_lever_scale_down__replayed',
        'int_lever_duplicated_deployments__pooled',
        'int_lever_semantic_cache__replayed',
        'int_lever_context__replayed',
        'int_lever_edge_first__replayed',
        'int_lever_right_sizing__replayed',
        'int_lever_routing__replayed',
        'int_lever_serving__compared',
        'int_lever_gpu_offers__compared',
        'int_lever_cloud_or_owned__replayed',
        'int_lever_offers__compared',
        'int_lever_negotiated_prices__compared',
        'int_lever_commitments__sized',
        'int_lever_provisioned__compared',
        'int_lever_shifts__replayed',
        'int_lever_cooling__compared',
    ]) }}
{% endmacro %}

{# The pool of a workload's GPU cost; deployments of one name are one pool, whoever hosts them. #}
{% macro workload_pool(relation) -%}
    case
        when {{ relation }}.workload = 'none' then 'unheld'
        when {{ relation }}.deployment <> 'none' then 'deployment ' || {{ relation }}.deployment
        else 'workload ' || {{ relation }}.workload || ' of ' || {{ relation }}.team
    end
{%- endmacro %}

{# A part of an amount, the part counted in billionths; truncated to the quantum. #}
{% macro billionths_of(quanta, billionths) -%}
    ({{ floor_divide(quanta, 1000000000) }} * {{ billionths }}
    + {{ floor_divide('((' ~ quanta ~ ') % 1000000000) * ' ~ billionths, 1000000000) }})
{%- endmacro %}

{# numerator / denominator in billionths, truncated. #}
{% macro billionths(numerator, denominator) -%}
    {{ floor_divide('(' ~ numerator ~ ') * 1000000000', denominator) }}
{%- endmacro %}

{#
    Whether another model is at most the tolerance worse than the one in use, with 95 % confidence (one-sided,
    normal). The variance is that of the difference.
#}
{% macro is_good_enough(quality, other_quality, variance, tolerance) -%}
    {{ quality }} - {{ other_quality }} + 1.645 * sqrt(cast({{ variance }} as double)) <= {{ tolerance }}
{%- endmacro %}

{# The upper end of what a share may be, one-sided with 95 % confidence, from a sample (Wilson 1927). #}
{% macro wilson_upper(hits, trials) -%}
    (
        ({{ hits }} + 1.353) / ({{ trials }} + 2.706)
        + 1.645 / ({{ trials }} + 2.706)
        * sqrt(cast({{ hits }} as double) * ({{ trials }} - {{ hits }}) / {{ trials }} + 0.6765)
    )
{%- endmacro %}

{# How much worse an answer may be, on each known day. #}
{% macro quality_tolerance() -%}
    select
        usage_date,
        value
    from {{ ref('int_lever_assumptions__chosen') }}
    where lever = 'right_sizing' and name = 'quality_tolerance'
{%- endmacro %}

{# Variance of the difference of two models' quality. #}
{% macro quality_variance(one, other) -%}
    {{ one }}.quality_standard_error * {{ one }}.quality_standard_error
    + {{ other }}.quality_standard_error * {{ other }}.quality_standard_error
{%- endmacro %}

{# Replicas that a busy time needs at a target utilisation, where so many held so much; rounded up. #}
{% macro replicas_for(busy_ms, held_ms, replicas, target_permille) -%}
    {{ floor_divide(
        busy_ms ~ ' * ' ~ replicas ~ ' * 1000 + ' ~ held_ms ~ ' * ' ~ target_permille ~ ' - 1',
        'greatest(' ~ held_ms ~ ' * ' ~ target_permille ~ ', 1)'
    ) }}
{%- endmacro %}

{# Whole millionths of the currency as DECIMAL(38,18). #}
{% macro millionths(count) -%}
    {{ from_quanta('cast(' ~ count ~ ' as ' ~ integer_type() ~ ') * 1000000000000') }}
{%- endmacro %}

{# A ratio as whole billionths. #}
{% macro in_billionths(ratio) -%}
    cast(round(cast({{ ratio }} as double) * 1000000000) as {{ integer_type() }})
{%- endmacro %}
