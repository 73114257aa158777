{#
    What a token and a request of each deployment weigh: as deployments.csv declares, else as
    token_weights.csv says for its model and GPU type, else 1 for input and 2 for output, the ratio of
    VTC (Sheng et al., OSDI 2024).
#}
with
deployments as (
    select distinct
        usage_date, deployment, model, input_token_weight, cache_read_token_weight, output_token_weight,
        request_weight
    from {{ ref('int_5_request_deployments__resolved') }}
),

gpus as (
    select usage_date, deployment, max(gpu_model) as gpu_model
    from {{ ref('int_5_deployment_hours__observed') }}
    group by usage_date, deployment
)

select
    deployments.usage_date,
    deployments.deployment,
    gpus.gpu_model,
    case
        when coalesce(
            deployments.input_token_weight, deployments.cache_read_token_weight,
            deployments.output_token_weight, deployments.request_weight
        ) is not null then 'declared'
        when calibrated.model is not null then calibrated.weight_source
        else 'default'
    end as weight_source,
    {% for weight, fallback in [
        ('input_token_weight', 1), ('cache_read_token_weight', 0), ('output_token_weight', 2), ('request_weight', 0)
    ] %}
    case
        when weight_source = 'declared' then coalesce(deployments.{{ weight }}, {{ fallback }})
        else coalesce(calibrated.{{ weight }}, {{ fallback }})
    end as {{ weight }}{{ ',' if not loop.last }}
    {% endfor %}
from deployments
left join gpus using (usage_date, deployment)
left join {{ ref('stg_reference__token_weights') }} as calibrated
    on
        deployments.model = calibrated.model
        and gpus.gpu_model = calibrated.gpu_model
        and {{ in_force('calibrated', 'deployments.usage_date') }}
