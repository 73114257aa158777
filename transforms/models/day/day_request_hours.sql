{#
    What calls to model APIs used and cost hour by hour, by key, at the rates of the day; and what the input that was
    not read from the vendor's cache cost, beside what it would have cost if it had been: at the day's rate of reads, or
    where nothing was read at the list's proportion to plain input.
#}
{% set unread = ['input', 'cache_creation', 'cache_creation_1h'] %}
with
usage as (
    select
        summed.usage_date,
        summed.hour_start,
        owners.team,
        resolved.model,
        resolved.deployment,
        resolved.gen_ai_provider_name,
        coalesce(nullif(summed.api_key_alias, ''), 'none') as api_key_alias,
        summed.service_tier,
        summed.context_step,
        sum(summed.served_count) as request_count,
        {% for token_type, parent, kind in token_types() %}
        sum(summed.{{ token_type }}_quantity) as {{ token_type }}_quantity{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_5_request_usage__summed') }} as summed
    inner join {{ ref('int_5_request_deployments__resolved') }} as resolved  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    inner join {{ ref('int_5_request_owners__resolved') }} as owners  {# resolved from these very keys #}
        using (usage_date, gateway_team, api_key_alias)
    where resolved.hosting = 'api'
    group by all
),

rates as (
    select
        usage_date,
        deployment,
        rate_tier,
        context_tokens_over,
        context_tokens_up_to,
        {% for token_type, parent, kind in token_types() %}
        coalesce(sum(reporting_effective_cost_rate) filter (where rate_type = '{{ token_type }}'), 0)
            as {{ token_type }}_rate{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_5_pool_charges__rated') }}
    where rate_type <> 'unlogged'
    group by all
),

listed as (
    select
        usage_date,
        deployment,
        service_tier,
        context_step,
        max(price_quanta) filter (where token_type = 'input') as input_quanta,
        max(price_quanta) filter (where token_type = 'cache_read') as cache_read_quanta
    from {{ ref('int_5_api_prices__chosen') }}
    group by usage_date, deployment, service_tier, context_step
),

priced as (
    select
        usage.*,
        {% for token_type, parent, kind in token_types() %}
        usage.{{ token_type }}_quantity * coalesce(rates.{{ token_type }}_rate, 0)
        {{- ' +' if not loop.last else ' as quanta,' }}
        {% endfor %}
        {% for token_type in unread %}
        usage.{{ token_type }}_quantity * coalesce(rates.{{ token_type }}_rate, 0)
        {{- ' +' if not loop.last else ' as unread_quanta,' }}
        {% endfor %}
        usage.input_quantity + usage.cache_creation_quantity + usage.cache_creation_1h_quantity as unread_tokens,
        coalesce(nullif(rates.cache_read_rate, 0), case when listed.input_quanta > 0 then {{ floor_divide(
            'rates.input_rate * listed.cache_read_quanta', 'listed.input_quanta'
        ) }} end) as read_rate
    from usage
    left join rates
        on
            usage.usage_date = rates.usage_date
            and usage.deployment = rates.deployment
            and usage.service_tier = rates.rate_tier
            and usage.context_step >= rates.context_tokens_over
            and usage.context_step < coalesce(rates.context_tokens_up_to, 9223372036854775807)
    left join listed
        on
            usage.usage_date = listed.usage_date
            and usage.deployment = listed.deployment
            and usage.service_tier = listed.service_tier
            and usage.context_step = listed.context_step
)

select
    usage_date,
    hour_start,
    team,
    model,
    deployment,
    gen_ai_provider_name,
    api_key_alias,
    cast(sum(request_count) as bigint) as request_count,
    cast(sum(unread_tokens) as bigint) as unread_input_tokens,
    cast(sum(cache_read_quantity) as bigint) as cache_read_input_tokens,
    cast(sum(unread_tokens + cache_read_quantity + input_audio_quantity + cache_read_audio_quantity) as bigint)
        as input_tokens,
    cast(sum(output_quantity + reasoning_quantity + output_audio_quantity) as bigint) as output_tokens,
    {{ from_quanta('sum(quanta)') }} as reporting_effective_cost,
    {{ from_quanta('sum(unread_quanta)') }} as reporting_unread_cost,
    {{ from_quanta('sum(unread_tokens * coalesce(read_rate, 0))') }} as reporting_unread_cost_as_read
from priced
group by all
having sum(request_count) > 0
