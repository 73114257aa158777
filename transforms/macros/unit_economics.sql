{# What unit costs are made of: counts, then amounts in the reporting currency. All of them add up. #}
{% macro unit_counts() %}
    {{ return([
        'request_count', 'failed_count', 'input_tokens', 'cache_read_input_tokens', 'output_tokens',
    ]) }}
{% endmacro %}

{% macro unit_amounts() %}
    {{ return([
        'reporting_effective_cost', 'reporting_direct_cost', 'reporting_overhead_cost',
        'input_cost', 'cached_input_cost', 'output_cost', 'request_cost',
        'input_direct_cost', 'cached_input_direct_cost', 'output_direct_cost',
    ]) }}
{% endmacro %}

{#
    Unit costs of requests from a relation with `unit_counts`, `unit_amounts` and active_user_count:
    with idle time by default, `marginal` without it, `fully_loaded` with the team's shared costs too.
    Each is a ratio of sums, and empty where nothing was counted.
#}
{% macro unit_costs(relation) %}
    {% set cost = relation ~ '.reporting_effective_cost' %}
    {% set direct = relation ~ '.reporting_direct_cost' %}
    {% set loaded = cost ~ ' + ' ~ relation ~ '.reporting_overhead_cost' %}
    {% set requests = relation ~ '.request_count' %}
    {% set tokens = relation ~ '.input_tokens + ' ~ relation ~ '.output_tokens' %}
    {% set fresh = relation ~ '.input_tokens - ' ~ relation ~ '.cache_read_input_tokens' %}
    {% set cached = relation ~ '.cache_read_input_tokens' %}
    {% set output = relation ~ '.output_tokens' %}
    {% set users = relation ~ '.active_user_count' %}
    {% for prefix, amount in [('', cost), ('marginal_', direct), ('fully_loaded_', loaded)] %}
    {{ unit_cost(amount, requests, 1) }} as {{ prefix }}cost_per_request,
    {{ unit_cost(amount, requests, 1000) }} as {{ prefix }}cost_per_1k_requests,
    {{ unit_cost(amount, tokens, 1000000) }} as {{ prefix }}cost_per_million_tokens,
    {{ unit_cost(amount, users, 1) }} as {{ prefix }}cost_per_active_user,
    {% endfor %}
    {% for prefix, suffix in [('', '_cost'), ('marginal_', '_direct_cost')] %}
    {{ unit_cost(relation ~ '.input' ~ suffix, fresh, 1000000) }} as {{ prefix }}cost_per_million_input_tokens,
    {{ unit_cost(relation ~ '.cached_input' ~ suffix, cached, 1000000) }}
        as {{ prefix }}cost_per_million_cached_input_tokens,
    {{ unit_cost(relation ~ '.output' ~ suffix, output, 1000000) }} as {{ prefix }}cost_per_million_output_tokens
    {{- ',' if not loop.last }}
    {% endfor %}
{% endmacro %}
