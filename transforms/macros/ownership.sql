{#
    Arithmetic of owned hardware. Interest of a month is r = (1 + cost of capital)^(1/12) - 1. What capital costs a
    month over n months with a residual share R: (1 - R v^n) r / (1 - v^n) of it, v = 1/(1 + r); without interest
    (1 - R) / n. Factors are ratios, kept in billionths; amounts stay whole quanta.
#}
{% macro monthly_interest(cost_of_capital) -%}
    (power(1 + cast({{ cost_of_capital }} as double), 1.0 / 12) - 1)
{%- endmacro %}

{% macro capital_factor(interest, months, residual_share) -%}
    case
        when {{ interest }} = 0 then (1 - cast({{ residual_share }} as double)) / {{ months }}
        else
            (1 - cast({{ residual_share }} as double) * power(1 + {{ interest }}, -{{ months }})) * {{ interest }}
            / (1 - power(1 + {{ interest }}, -{{ months }}))
    end
{%- endmacro %}

{#
    Months until what is not paid for the cloud has paid for the hardware, discounted:
    -ln(1 - capital r / (cloud - operating)) / ln(1 + r); null where it never does.
#}
{% macro payback_months(capital, monthly_gain, interest) -%}
    case
        when {{ monthly_gain }} <= 0 then null
        when {{ interest }} = 0 then {{ capital }} / {{ monthly_gain }}
        when {{ capital }} * {{ interest }} >= {{ monthly_gain }} then null
        else -ln(1 - {{ capital }} * {{ interest }} / {{ monthly_gain }}) / ln(1 + {{ interest }})
    end
{%- endmacro %}

{% macro hours_of_a_month() -%} 730 {%- endmacro %}

{# x + x² + … + xⁿ: what n equal monthly amounts are worth, each worth x of the one before. #}
{% macro steps_summed(step, months) -%}
    case
        when {{ step }} = 1 then {{ months }}
        else {{ step }} * (1 - power({{ step }}, {{ months }})) / (1 - {{ step }})
    end
{%- endmacro %}
