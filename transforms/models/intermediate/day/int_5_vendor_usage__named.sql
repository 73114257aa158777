{#
    What vendors counted, under the name that the company has for each model: as the day's log has it,
    else as an API deployment of the vendor has it, else the vendor's own name.
#}
with
names as (
    select
        usage_date,
        gen_ai_provider_name,
        gen_ai_response_model,
        model,
        1 as precedence
    from {{ ref('int_5_request_deployments__resolved') }}

    union all

    select
        counted.usage_date,
        counted.gen_ai_provider_name,
        counted.gen_ai_response_model,
        deployments.model,
        case when deployments.model = counted.gen_ai_response_model then 2 else 3 end as precedence
    from {{ ref('stg_vendors__usage') }} as counted
    inner join {{ ref('stg_reference__deployments') }} as deployments  {# a model that no table names keeps its name #}
        on
            {{ in_force('deployments', 'counted.usage_date') }}
            and deployments.hosting = 'api'
            and counted.gen_ai_provider_name = deployments.gen_ai_provider_name
            and counted.gen_ai_response_model in (deployments.model, deployments.request_model)
),

chosen as (
    select
        usage_date,
        gen_ai_provider_name,
        gen_ai_response_model,
        arg_min(model, (precedence, model)) as model
    from names
    group by usage_date, gen_ai_provider_name, gen_ai_response_model
)

select
    counted.usage_date,
    counted.gen_ai_provider_name,
    counted.gen_ai_operation_name,
    counted.billing_account_id,
    counted.sub_account_id,
    counted.api_key_id,
    coalesce(chosen.model, counted.gen_ai_response_model) as model,
    counted.service_tier,
    counted.request_count,
    counted.input_tokens,
    counted.cache_read_input_tokens,
    counted.cache_creation_input_tokens,
    counted.input_audio_tokens,
    counted.input_image_tokens,
    counted.output_tokens,
    counted.output_audio_tokens,
    counted.output_image_tokens,
    counted.consumed_quantity,
    counted.consumed_unit
from {{ ref('stg_vendors__usage') }} as counted
left join chosen using (usage_date, gen_ai_provider_name, gen_ai_response_model)  {# names that nobody has #}
