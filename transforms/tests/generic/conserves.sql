{#
    The shares of this model add up, per key and measure, to their whole in another relation, to the
    last quantum. With `subset` only the keys that this model has are compared.
#}
{% test conserves(model, whole, key, subset=false) %}
with
parts as (
    select {{ key }} as pool_key, {{ sum_quanta() }}
    from {{ model }}
    group by {{ key }}
),

wholes as (
    select {{ key }} as pool_key, {{ sum_quanta() }}
    from {{ whole }}
    group by {{ key }}
)

select
    coalesce(wholes.pool_key, parts.pool_key) as {{ key }},
    {% for measure in measures() %}
    wholes.{{ measure }}_quanta as whole_{{ measure }}_quanta,
    parts.{{ measure }}_quanta as parts_{{ measure }}_quanta{{ ',' if not loop.last }}
    {% endfor %}
from wholes
{{ 'right' if subset else 'full outer' }} join parts on wholes.pool_key = parts.pool_key
where
    {% for measure in measures() %}
    wholes.{{ measure }}_quanta is distinct from parts.{{ measure }}_quanta{{ ' or' if not loop.last }}
    {% endfor %}
{% endtest %}
