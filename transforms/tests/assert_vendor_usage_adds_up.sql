{# What vendors count by key is what they count by model: the same calls, seen twice. #}
with
by_key as (
    select
        usage_date,
        gen_ai_provider_name,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens
    from {{ ref('vendor_usage_by_key') }}
    group by usage_date, gen_ai_provider_name
),

by_model as (
    select
        usage_date,
        gen_ai_provider_name,
        sum(vendor_input_tokens) as input_tokens,
        sum(vendor_output_tokens) as output_tokens
    from {{ ref('vendor_usage_daily') }}
    group by usage_date, gen_ai_provider_name
)

select
    usage_date,
    gen_ai_provider_name,
    by_key.input_tokens as key_input_tokens,
    by_model.input_tokens as model_input_tokens
from by_key
full outer join by_model using (usage_date, gen_ai_provider_name)
where
    coalesce(by_key.input_tokens, 0) <> coalesce(by_model.input_tokens, 0)
    or coalesce(by_key.output_tokens, 0) <> coalesce(by_model.output_tokens, 0)
