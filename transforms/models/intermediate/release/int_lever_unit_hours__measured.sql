{#
    How much of a model API each hour used, in the tokens that units of provisioned throughput count. What peaks within
    an hour is not seen.
#}
select
    hours.usage_date,
    hours.hour_start,
    hours.deployment,
    max(offers.tokens_per_hour) as tokens_per_hour,
    sum(hours.request_count) as request_count,
    sum(hours.input_tokens + hours.output_tokens * offers.output_token_weight) as weighted_tokens,
    sum({{ quanta('cast(greatest(hours.reporting_effective_cost, 0) as decimal(38, 18))') }}) as quanta
from {{ ref('day_request_hours') }} as hours
inner join {{ ref('int_lever_unit_offers__priced') }} as offers  {# of the others no unit is sold #}
    using (usage_date, deployment, gen_ai_provider_name, model)
group by hours.usage_date, hours.hour_start, hours.deployment
having sum(hours.input_tokens + hours.output_tokens * offers.output_token_weight) > 0
