{# No row lacks a value in any of the columns; which ones it lacks stands first. One test for all of them: one scan. #}
{% test never_null(model, columns) %}
select
    concat_ws(
        ', ',
        {% for column in columns %}
        case when {{ column }} is null then '{{ column }}' end{{ ',' if not loop.last }}
        {% endfor %}
    ) as empty_columns,
    *
from {{ model }}
where
    {% for column in columns %}
    {{ column }} is null{{ ' or' if not loop.last }}
    {% endfor %}
{% endtest %}
