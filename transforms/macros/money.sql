{#
    Money is split on integer quanta of 10^-18 of the currency: a sum of shares equals its whole
    exactly, and no step ever divides an amount as a fraction.
#}

{# The amounts that travel together through every stage. #}
{% macro measures() %}
    {{ return([
        'billed_cost', 'effective_cost', 'list_cost', 'contracted_cost',
        'reporting_billed_cost', 'reporting_effective_cost',
    ]) }}
{% endmacro %}

{% macro quanta_columns(relation='') %}
    {%- for measure in measures() %}
    {{ relation ~ '.' if relation }}{{ measure }}_quanta{{ ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{% macro sum_quanta(relation='') %}
    {%- for measure in measures() %}
    sum({{ relation ~ '.' if relation }}{{ measure }}_quanta) as {{ measure }}_quanta{{ ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{# The six measures as DECIMAL(38,18) columns. #}
{% macro amounts(relation='') %}
    {%- for measure in measures() %}
    {{ from_quanta((relation ~ '.' if relation else '') ~ measure ~ '_quanta') }} as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{% macro sum_amounts(relation='') %}
    {%- for measure in measures() %}
    cast(sum({{ relation ~ '.' if relation }}{{ measure }}) as decimal(38, 18)) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{#
    The part of `quanta` that belongs to a recipient with weight `basis`, where `running` is the
    running sum of the weights up to and including this recipient and `total` their sum:
    cut(running) - cut(running - basis), with cut(x) = quanta * x / total truncated towards zero.
    Shares of a pool add up to the pool exactly, and a refund splits as its charge did. The quotient
    is taken out first so that nothing larger than total^2 is ever multiplied.
#}
{% macro share(quanta, basis, running, total) -%}
    ({{ floor_divide(quanta, total) }} * {{ basis }}
    + {{ floor_divide('(' ~ quanta ~ ' % ' ~ total ~ ') * ' ~ running, total) }}
    - {{ floor_divide('(' ~ quanta ~ ' % ' ~ total ~ ') * (' ~ running ~ ' - ' ~ basis ~ ')', total) }})
{%- endmacro %}

{# `share` for all measures of a pool, keeping their names. #}
{% macro shares(basis, running, total, relation='', suffix='') %}
    {%- for measure in measures() %}
    {{ share((relation ~ '.' if relation else '') ~ measure ~ '_quanta', basis, running, total) }}
        as {{ measure }}_quanta{{ suffix }}{{ ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{# Integer division rounded half to even. #}
{% macro divide_half_even(numerator, denominator) -%}
    ({{ floor_divide(numerator, denominator) }}
    + case
        when 2 * abs(({{ numerator }}) % {{ denominator }}) > {{ denominator }}
            or (
                2 * abs(({{ numerator }}) % {{ denominator }}) = {{ denominator }}
                and {{ floor_divide(numerator, denominator) }} % 2 <> 0
            )
        then sign({{ numerator }})
        else 0
    end)
{%- endmacro %}

{# An amount per `units` of a counted quantity, rounded half to even at 10^-18; null where nothing was counted. #}
{% macro unit_cost(amount, count, units) -%}
    case when ({{ count }}) > 0 then
        {{ from_quanta(divide_half_even(quanta('cast(' ~ amount ~ ' as decimal(38, 18))') ~ ' * ' ~ units, 'cast((' ~ count ~ ') as hugeint)')) }}
    end
{%- endmacro %}

{# The part of a whole number that the n-th of `count` equal recipients gets; the first ones get the rest. #}
{% macro even_share(whole, count, ordinal) -%}
    {{ floor_divide(whole, count) }} + case when {{ ordinal }} <= {{ whole }} % ({{ count }}) then 1 else 0 end
{%- endmacro %}

{# quanta * part / whole truncated towards zero; the quotient is taken out first so that large amounts fit. #}
{% macro scaled(quanta, part, whole) -%}
    ({{ floor_divide(quanta, whole) }} * ({{ part }}) + {{ floor_divide('((' ~ quanta ~ ') % (' ~ whole ~ ')) * (' ~ part ~ ')', whole) }})
{%- endmacro %}
