{#
    What calls to model APIs cost that need not have been paid as they were, by team. What those that can
    wait would have cost less in the vendor's batch tier: each token type at its own price there, in the
    proportion that the list has it to the standard price. What the vendor's prompt cache cost more than
    plain input, at the rates that were charged: negative where it is read often enough to pay off.
#}
{% set uncached = {
    'cache_read': 'input', 'cache_read_audio': 'input_audio', 'cache_creation': 'input', 'cache_creation_1h': 'input',
} %}
{% set classes = {
    'input': "'input', 'input_audio'", 'cache_read': "'cache_read', 'cache_read_audio'",
    'cache_creation': "'cache_creation', 'cache_creation_1h'", 'output': "'output', 'reasoning', 'output_audio'",
} %}
with
usage as (
    select
        summed.* exclude (can_wait),
        owners.team,
        summed.can_wait
        or summed.purpose = 'batch_inference'
        or {{ says_it_can_wait('summed.api_key_alias') }} as can_wait
    from {{ ref('int_5_request_patterns__summed') }} as summed
    inner join {{ ref('int_5_request_owners__resolved') }} as owners  {# resolved from these very keys #}
        using (usage_date, gateway_team, api_key_alias)
),

quantities as (
    {% for token_type, parent, kind in token_types() %}
    select
        usage_date, team, model, deployment, task, service_tier, context_step, is_status_known, can_wait,
        request_pattern, repeated_within_minutes,
        '{{ token_type }}' as token_type,
        '{{ uncached.get(token_type, 'none') }}' as uncached_type,
        {# Every request is one of the type `request`. #}
        {{ 'request_count' if token_type == 'request' else '0' }} as request_count,
        {{ token_type }}_quantity as quantity
    from usage
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

rates as (
    select
        usage_date,
        deployment,
        rate_type as token_type,
        rate_tier as service_tier,
        context_tokens_over,
        context_tokens_up_to,
        sum(reporting_effective_cost_rate) as rate
    from {{ ref('int_5_pool_charges__rated') }}
    where rate_type <> 'unlogged'
    group by all
),

discounts as (
    select
        prices.usage_date,
        prices.deployment,
        prices.service_tier,
        prices.context_step,
        prices.token_type,
        {{ billionths('prices.price_quanta - batch.price_quanta', 'prices.price_quanta') }} as billionths
    from {{ ref('int_5_api_prices__chosen') }} as prices
    inner join ({{ token_type_chains() }}) as chains using (token_type)  {# every type is in a chain #}
    inner join {{ ref('int_5_api_prices__in_force') }} as batch  {# without a batch price nothing is known #}
        on
            prices.usage_date = batch.usage_date
            and prices.deployment = batch.deployment
            and chains.priced_as = batch.token_type
            and prices.context_step >= batch.context_tokens_over
    where prices.service_tier = 'standard' and prices.price_quanta > 0 and batch.service_tier = 'batch'
    qualify row_number() over (
        partition by prices.usage_date, prices.deployment, prices.context_step, prices.token_type
        order by chains.depth asc, batch.is_imported asc, batch.context_tokens_over desc
    ) = 1
),

costs as (
    select
        quantities.*,
        discounts.billionths,
        quantities.quantity * coalesce(rates.rate, 0) as quanta,
        case when quantities.quantity > 0 then quantities.quantity * (rates.rate - uncached.rate) end as premium_quanta
    from quantities
    {% for relation, type in [('rates', 'token_type'), ('uncached', 'uncached_type')] %}
    left join rates{{ ' as uncached' if relation == 'uncached' }}
        on
            quantities.usage_date = {{ relation }}.usage_date
            and quantities.deployment = {{ relation }}.deployment
            and quantities.{{ type }} = {{ relation }}.token_type
            and quantities.service_tier = {{ relation }}.service_tier
            and quantities.context_step >= {{ relation }}.context_tokens_over
            and quantities.context_step < coalesce({{ relation }}.context_tokens_up_to, 9223372036854775807)
    {% endfor %}
    left join discounts
        on
            quantities.can_wait
            and quantities.usage_date = discounts.usage_date
            and quantities.deployment = discounts.deployment
            and quantities.service_tier = discounts.service_tier
            and quantities.context_step = discounts.context_step
            and quantities.token_type = discounts.token_type
)

select
    usage_date,
    team,
    model,
    deployment,
    task,
    is_status_known,
    can_wait,
    request_pattern,
    cast(repeated_within_minutes as bigint) as repeated_within_minutes,
    cast(sum(request_count) as bigint) as request_count,
    {% for token_class, types in classes.items() %}
    cast(sum(case
        when token_type in ({{ types }}) then quantity
        else 0
    end) as bigint) as {{ token_class }}_tokens,
    {% endfor %}
    {{ from_quanta('sum(quanta)') }} as reporting_effective_cost,
    {{ from_quanta("coalesce(sum(quanta) filter (where token_type like 'input%' or token_type like 'cache_%'), 0)") }}
        as reporting_input_cost,
    {{ from_quanta('sum(' ~ billionths_of('quanta', 'billionths') ~ ')') }} as reporting_batch_saving,
    {{ from_quanta('sum(premium_quanta)') }} as reporting_cache_premium
from costs
group by all
