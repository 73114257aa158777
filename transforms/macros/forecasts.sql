{# What cost is forecast for, and the column of the ledger that names it. #}
{% macro forecast_scopes() %}
    {{ return({
        'organization': "'all'", 'business_unit': 'business_unit', 'team': 'team', 'model': 'model',
    }) }}
{% endmacro %}
