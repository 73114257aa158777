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

{# Token types of a model API and the weight column that a self-hosted deployment uses in their place. #}
{% macro request_token_weights() %}
    {{ return([
        ('input', 'input_token_weight'),
        ('cache_read', 'cache_read_token_weight'),
        ('cache_creation', 'input_token_weight'),
        ('output', 'output_token_weight'),
        ('request', 'request_weight'),
    ]) }}
{% endmacro %}
