{#
    What a request uses, apart as it may be priced apart: name, the type that it is priced and billed
    as where it has no price or meter of its own, and the kind of tokens that unit costs tell.
#}
{% macro token_types() %}
    {{ return([
        ('input', none, 'input'),
        ('input_audio', 'input', 'input'),
        ('cache_read', 'input', 'cache_read'),
        ('cache_read_audio', 'cache_read', 'cache_read'),
        ('cache_creation', 'input', 'cache_creation'),
        ('cache_creation_1h', 'cache_creation', 'cache_creation'),
        ('output', none, 'output'),
        ('reasoning', 'output', 'output'),
        ('output_audio', 'output', 'output'),
        ('request', none, 'request'),
        ('search', none, 'request'),
    ]) }}
{% endmacro %}

{% macro token_kinds() %}
    {{ return(['input', 'cache_read', 'cache_creation', 'output', 'request']) }}
{% endmacro %}

{# Every type with the types that it may be priced and billed as, its own first: token_type, priced_as, depth. #}
{% macro token_type_chains() %}
{% set parents = {} %}
{% for name, parent, kind in token_types() %}
    {% do parents.update({name: parent}) %}
{% endfor %}
{% set chains = [] %}
{% for name in parents %}
    {% do chains.append((name, name, 0)) %}
    {% if parents[name] %}
        {% do chains.append((name, parents[name], 1)) %}
        {% if parents[parents[name]] %}
            {% do chains.append((name, parents[parents[name]], 2)) %}
        {% endif %}
    {% endif %}
{% endfor %}
{% for name, priced_as, depth in chains %}
select '{{ name }}' as token_type, '{{ priced_as }}' as priced_as, {{ depth }} as depth
{{ 'union all' if not loop.last }}
{% endfor %}
{% endmacro %}

{# The counts of a logged request. Audio that was written to a cache counts as written. #}
{% macro logged_counts() %}
    {% for count in [
        'input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens', 'cache_creation_1h_input_tokens',
        'cache_read_audio_input_tokens', 'output_tokens', 'reasoning_output_tokens', 'output_audio_tokens',
        'search_requests',
    ] %}
    coalesce({{ count }}, 0) as {{ count }},
    {% endfor %}
    least(
        greatest(coalesce(input_audio_tokens, 0) - coalesce(cache_read_audio_input_tokens, 0), 0),
        coalesce(input_tokens, 0) - coalesce(cache_read_input_tokens, 0) - coalesce(cache_creation_input_tokens, 0)
    ) as fresh_audio_input_tokens
{%- endmacro %}

{# How much of each token type there is, from the counts of a request or their sums. #}
{% macro token_quantities(relation, request_count) %}
    {% set r = relation %}
    {{ return({
        'input': '(' ~ r ~ '.input_tokens - ' ~ r ~ '.cache_read_input_tokens - ' ~ r ~ '.cache_creation_input_tokens - '
            ~ r ~ '.fresh_audio_input_tokens)',
        'input_audio': r ~ '.fresh_audio_input_tokens',
        'cache_read': '(' ~ r ~ '.cache_read_input_tokens - ' ~ r ~ '.cache_read_audio_input_tokens)',
        'cache_read_audio': r ~ '.cache_read_audio_input_tokens',
        'cache_creation': '(' ~ r ~ '.cache_creation_input_tokens - ' ~ r ~ '.cache_creation_1h_input_tokens)',
        'cache_creation_1h': r ~ '.cache_creation_1h_input_tokens',
        'output': '(' ~ r ~ '.output_tokens - ' ~ r ~ '.reasoning_output_tokens - ' ~ r ~ '.output_audio_tokens)',
        'reasoning': r ~ '.reasoning_output_tokens',
        'output_audio': r ~ '.output_audio_tokens',
        'request': request_count,
        'search': r ~ '.search_requests',
    }) }}
{% endmacro %}

{# How many units a price or a quantity is of: `1k tokens` and `thousand tokens` are 1000. #}
{% macro units_of(unit) -%}
    case
        when lower({{ unit }}) like '1k %' or lower({{ unit }}) like 'thousand %' then 1000
        when lower({{ unit }}) like '1m %' or lower({{ unit }}) like 'million %' then 1000000
        else 1
    end
{%- endmacro %}
