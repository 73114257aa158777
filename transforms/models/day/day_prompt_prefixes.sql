{#
    What prompts to model APIs would have cost with the vendor's prompt cache used as well as their beginnings allow, by
    team, key and time to live: what came before is read, the rest is written where the vendor charges for that
    (kept for five minutes, or for an hour where it sells that), at the proportion that the price list has to plain input,
    of what plain input was charged. A tier whose prices say nothing of a cache is left out.
#}
{% set written = {5: 'cache_creation', 60: 'cache_creation_1h'} %}
{% set cached = ['cache_read', 'cache_creation', 'cache_creation_1h'] %}
with
usage as (
    select
        summed.*,
        owners.team
    from {{ ref('int_5_prompt_prefixes__summed') }} as summed
    inner join {{ ref('int_5_request_owners__resolved') }} as owners  {# resolved from these very keys #}
        using (usage_date, gateway_team, api_key_alias)
),

listed as (
    select
        usage.usage_date,
        usage.deployment,
        usage.service_tier,
        usage.context_step,
        prices.token_type,
        prices.price_quanta
    from (select distinct usage_date, deployment, service_tier, context_step from usage) as usage
    inner join {{ ref('int_5_api_prices__in_force') }} as prices  {# without prices nothing is known #}
        on
            usage.usage_date = prices.usage_date
            and usage.deployment = prices.deployment
            and usage.service_tier = prices.service_tier
            and usage.context_step >= prices.context_tokens_over
    qualify row_number() over (
        partition by usage.usage_date, usage.deployment, usage.service_tier, usage.context_step, prices.token_type
        order by prices.is_imported asc, prices.context_tokens_over desc
    ) = 1
),

inputs as (select * from listed where token_type = 'input' and price_quanta > 0),

ratios as (
    select
        inputs.usage_date,
        inputs.deployment,
        inputs.service_tier,
        inputs.context_step,
        {% for token_type in cached %}
        max(case
            when listed.token_type = '{{ token_type }}'
                then {{ billionths('listed.price_quanta', 'inputs.price_quanta') }}
        end) as {{ token_type }}_billionths{{ ',' if not loop.last }}
        {% endfor %}
    from inputs
    inner join listed using (usage_date, deployment, service_tier, context_step)  {# inputs are listed #}
    group by inputs.usage_date, inputs.deployment, inputs.service_tier, inputs.context_step
),

rates as (
    select
        usage_date,
        deployment,
        rate_tier as service_tier,
        context_tokens_over,
        context_tokens_up_to,
        sum(reporting_effective_cost_rate) as rate
    from {{ ref('int_5_pool_charges__rated') }}
    where rate_type = 'input'
    group by all
),

priced as (
    select
        usage.*,
        rates.rate,
        ratios.cache_read_billionths,
        ratios.cache_creation_billionths,
        ratios.cache_creation_1h_billionths,
        coalesce(ratios.cache_creation_billionths, ratios.cache_creation_1h_billionths) is not null as is_write_charged,
        usage.input_quantity * cast(1000000000 as {{ integer_type() }})
        + usage.cache_read_quantity * ratios.cache_read_billionths
        + usage.cache_creation_quantity * coalesce(ratios.cache_creation_billionths, 1000000000)
        + usage.cache_creation_1h_quantity
        * coalesce(ratios.cache_creation_1h_billionths, ratios.cache_creation_billionths, 1000000000) as now_billionths
    from usage
    inner join ratios using (usage_date, deployment, service_tier, context_step)  {# unknown without prices #}
    inner join rates  {# what was not charged saves nothing #}
        on
            usage.usage_date = rates.usage_date
            and usage.deployment = rates.deployment
            and usage.service_tier = rates.service_tier
            and usage.context_step >= rates.context_tokens_over
            and usage.context_step < coalesce(rates.context_tokens_up_to, 9223372036854775807)
    where ratios.cache_read_billionths is not null
),

replayed as (
    {% for minutes in prefix_ladder() %}
    {% set write = written.get(minutes) %}
    select
        *,
        {{ minutes }} as time_to_live_minutes,
        prefix_tokens_within_{{ minutes }} as prefix_tokens,
        missed_tokens_within_{{ minutes }} as missed_tokens,
        (cache_read_quantity + missed_tokens_within_{{ minutes }}) * cache_read_billionths
        + (input_quantity + cache_creation_quantity + cache_creation_1h_quantity - missed_tokens_within_{{ minutes }})
        * {{ 'coalesce(' ~ write ~ '_billionths, 1000000000)' if write else '1000000000' }} as then_billionths
    from priced
    where not is_write_charged{{ ' or ' ~ write ~ '_billionths is not null' if write }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    usage_date,
    team,
    model,
    deployment,
    coalesce(nullif(api_key_alias, ''), 'none') as api_key_alias,
    cast(time_to_live_minutes as bigint) as time_to_live_minutes,
    is_write_charged,
    cast(sum(request_count) as bigint) as request_count,
    cast(sum(prompt_tokens) as bigint) as prompt_tokens,
    cast(sum(cache_read_quantity) as bigint) as cache_read_input_tokens,
    cast(sum(prefix_tokens) as bigint) as prefix_tokens,
    cast(sum(missed_tokens) as bigint) as missed_tokens,
    {{ from_quanta('sum(' ~ floor_divide('rate * now_billionths', 1000000000) ~ ')') }} as reporting_effective_cost,
    {{ from_quanta('sum(' ~ floor_divide('rate * (now_billionths - then_billionths)', 1000000000) ~ ')') }}
        as reporting_prefix_saving
from replayed
group by all
