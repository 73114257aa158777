{# Tokens that inference engines counted since they started: vLLM and SGLang, a series for each engine. #}
select
    cast(sample_at as date) as usage_date,
    sample_at,
    labels,
    {{ json_text('labels', 'model_name') }} as served_model,
    case when metric like '%:prompt_tokens_total' then 'input' else 'output' end as direction,
    cast(value as bigint) as counted_tokens
from {{ source('landing', 'prometheus_samples') }}
where
    metric in (
        'vllm:prompt_tokens_total', 'vllm:generation_tokens_total',
        'sglang:prompt_tokens_total', 'sglang:generation_tokens_total'
    )
    and {{ json_text('labels', 'model_name') }} is not null
