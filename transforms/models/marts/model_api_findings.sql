{#
    Where the bill of a model API, its log and its prices do not agree, with what it is worth and what
    to do; and where its vendor counts tokens that no log has, whose worth is that of `unlogged_usage`. Nothing here is taken out of the ledger. Prices that differ by less than one in a hundred
    are not listed.
#}
{% set unbilled = 'cast(unbilled_quantity as ' ~ integer_type() ~ ')' %}
{% set logged = 'cast(logged_quantity as ' ~ integer_type() ~ ')' %}
{% set billed = 'cast(billed_quantity as ' ~ integer_type() ~ ')' %}
with
counted as (
    {% for token_type in ['input', 'output'] %}
    select
        usage_date,
        'counted_past_log' as finding,
        gen_ai_provider_name,
        'none' as deployment,
        model,
        '{{ token_type }}' as token_type,
        'none' as service_tier,
        unlogged_{{ token_type }}_tokens as quantity,
        0 as amount
    from {{ ref('vendor_usage_daily') }}
    where unlogged_{{ token_type }}_tokens > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

usage as (
    select
        *,
        least(greatest(logged_quantity - billed_quantity, 0), logged_quantity) as unbilled_quantity
    from {{ ref('model_api_reconciliation') }}
),

disagreements as (
    select
        *,
        'unlogged_usage' as finding,
        greatest(unlogged_quantity, 0) as quantity,
        reporting_unlogged_cost as amount
    from usage
    where reporting_unlogged_cost <> 0

    union all

    select
        *,
        'unbilled_usage',
        unbilled_quantity,
        {{ from_quanta(share(quanta('coalesce(rated_cost, 0)'), unbilled, unbilled, logged)) }}
    from usage
    where unbilled_quantity > 0

    union all

    select *, 'unpriced_usage', unpriced_quantity, 0
    from usage
    where unpriced_quantity > 0

    union all

    select
        *,
        'price_difference',
        billed_quantity,
        reporting_billed_cost - {{ from_quanta(quanta('rated_unit_cost') ~ ' * ' ~ billed) }}
    from usage
    where
        billed_quantity > 0
        and rated_unit_cost is not null
        and unpriced_quantity = 0
        and abs(billed_unit_cost - rated_unit_cost) * 100 >= rated_unit_cost
),

findings as (
    {% set columns = ['usage_date', 'finding', 'gen_ai_provider_name', 'deployment', 'model', 'token_type',
        'service_tier', 'quantity', 'amount'] | join(', ') %}
    select {{ columns }} from disagreements
    union all
    select {{ columns }} from counted
)

select
    usage_date,
    finding,
    gen_ai_provider_name,
    deployment,
    model,
    token_type,
    service_tier,
    cast(quantity as decimal(38, 0)) as quantity,
    cast(amount as decimal(38, 18)) as reporting_amount,
    case finding
        when 'unlogged_usage' then
            'The vendor billed tokens that no log has. Send these calls through the gateway, or collect their log.'
        when 'unbilled_usage' then
            'The log has tokens that no bill has. Wait for the late bill line; then ask the vendor, or look for '
            || 'a meter that is missing in model_meters.csv.'
        when 'unpriced_usage' then
            'No price is in force. Import a price list (apportion prices import), or add the price to model_prices.csv.'
        when 'counted_past_log' then
            'The vendor counts tokens that no log has; vendor_usage_by_key names the keys. Give their owners a key of '
            || 'the gateway, or collect their log.'
        else
            'The bill is not at the price in force. Add the contract to model_prices.csv, or claim the difference.'
    end as action
from findings
