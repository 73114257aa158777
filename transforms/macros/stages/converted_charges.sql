{#
    What charges in other currencies came to in the reporting currency, by exchange rate, and what rounding each
    of them to 10^-18 removed: cost * rate = reporting cost + rounding, exactly.
#}
{% macro converted_charges(classified) %}
select
    usage_date,
    provider,
    billing_account_id,
    billing_period,
    billing_currency,
    reporting_currency,
    cast({{ from_quanta('rate_billionths * 1000000000') }} as decimal(18, 9)) as exchange_rate,
    cast(count(*) as bigint) as charge_count,
    {% for measure in ['billed_cost', 'effective_cost'] %}
    {{ from_quanta('sum(' ~ measure ~ '_quanta)') }} as {{ measure }},
    {{ from_quanta('sum(reporting_' ~ measure ~ '_quanta)') }} as reporting_{{ measure }},
    {{ from_billionths_of_quanta(
        'sum(' ~ measure ~ '_quanta * rate_billionths - reporting_' ~ measure ~ '_quanta * 1000000000)'
    ) }} as {{ measure }}_rounding{{ ',' if not loop.last }}
    {% endfor %}
from {{ classified }}
where billing_currency <> reporting_currency
group by all
{% endmacro %}
