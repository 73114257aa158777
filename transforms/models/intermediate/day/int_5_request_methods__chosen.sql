{#
    How each deployment's requests are weighed on a day: model APIs by metered tokens; a self-hosted
    deployment by residency where its log says when requests ended, else by weighted tokens, which
    deployments.csv may also ask for. Up to one request in a hundred may lack its end.
#}
with
deployments as (
    select
        usage_date,
        deployment,
        hosting,
        request_method,
        prefill_weight,
        sum(served_count) as served_count,
        sum(served_untimed_count) as untimed_count
    from {{ ref('int_5_request_usage__summed') }}
    inner join {{ ref('int_5_request_deployments__resolved') }}  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    group by all
)

select
    usage_date,
    deployment,
    case
        when hosting = 'api' then 'metered_tokens'
        when request_method = 'weighted_tokens' then 'weighted_tokens'
        when served_count > 0 and untimed_count * 100 <= served_count then 'residency'
        else 'weighted_tokens'
    end as allocation_method,
    prefill_weight,
    served_count,
    untimed_count
from deployments
