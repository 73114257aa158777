{#
    How much of a model API each hour used, in the tokens that units of provisioned throughput count, and what that
    would cost by the token: what was charged, or where units are paid for already the list price. Where that is not
    known for every hour, nothing can be said. What peaks within an hour is not seen.
#}
with
priced as (
    select
        hours.usage_date,
        hours.hour_start,
        hours.deployment,
        hours.request_count,
        offers.tokens_per_hour,
        hours.input_tokens + hours.output_tokens * offers.output_token_weight as weighted_tokens,
        {{ quanta('cast(greatest(hours.reporting_effective_cost, 0) as decimal(38, 18))') }} as quanta,
        case
            when offers.owned_units = 0
                then {{ quanta('cast(greatest(hours.reporting_effective_cost, 0) as decimal(38, 18))') }}
            else
                (hours.input_tokens - hours.cache_read_input_tokens)
                * cast(listed.input_price_quanta as {{ integer_type() }})
                + hours.cache_read_input_tokens * coalesce(listed.cache_read_price_quanta, listed.input_price_quanta)
                + case when hours.output_tokens > 0 then hours.output_tokens * listed.output_price_quanta else 0 end
        end as by_token_quanta
    from {{ ref('day_request_hours') }} as hours
    inner join {{ ref('int_lever_unit_offers__priced') }} as offers  {# of the others no unit is sold #}
        using (usage_date, deployment, gen_ai_provider_name, model)
    left join {{ ref('int_lever_offers__priced') }} as listed using (usage_date, gen_ai_provider_name, model)
    qualify bool_and(by_token_quanta is not null) over (partition by hours.deployment)
)

select
    usage_date,
    hour_start,
    deployment,
    max(tokens_per_hour) as tokens_per_hour,
    sum(request_count) as request_count,
    sum(weighted_tokens) as weighted_tokens,
    sum(quanta) as quanta,
    sum(by_token_quanta) as by_token_quanta
from priced
group by usage_date, hour_start, deployment
having sum(weighted_tokens) > 0
