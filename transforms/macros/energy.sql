{# The cloud that a provider's name means, as the published factors spell it; other names stand for themselves. #}
{% macro cloud_of(provider) -%}
    case
        when lower({{ provider }}) like '%amazon%' or lower({{ provider }}) like '%aws%' then 'aws'
        when lower({{ provider }}) like '%microsoft%' or lower({{ provider }}) like '%azure%' then 'azure'
        when lower({{ provider }}) like '%google%' or lower({{ provider }}) like '%gcp%' then 'gcp'
        else lower({{ provider }})
    end
{%- endmacro %}

{# Millijoules (or what is proportional to them) as DECIMAL(38,9) of a unit of `per` of them, half to even. #}
{% macro ninth_decimals(amount, per) -%}
    cast(
        cast({{ divide_half_even('(' ~ amount ~ ') * 1000000000', per) }} as decimal(38, 0))
        * cast(0.000000001 as decimal(9, 9)) as decimal(38, 9)
    )
{%- endmacro %}

{# Carbon of a kilowatt-hour of machines at a place: its grid intensity times its PUE, in whole milligrams. #}
{% macro milligrams_per_machine_kwh(factors) -%}
    {{ floor_divide(
        'cast(' ~ factors ~ '.grid_milligrams_per_kwh as ' ~ integer_type() ~ ') * ' ~ factors ~ '.pue_millionths', 1000000
    ) }}
{%- endmacro %}
