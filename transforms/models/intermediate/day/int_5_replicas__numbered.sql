{# Numbers for what residency is shared on: what follows counts millions of events, and integers are small. #}
select
    served.usage_date,
    served.deployment,
    served.replica_id,
    methods.prefill_weight,
    cast(row_number() over (order by served.usage_date, served.deployment, served.replica_id) as integer)
        as replica_number,
    cast(dense_rank() over (order by served.usage_date, served.deployment) as integer) as deployment_number
from (
    select distinct usage_date, deployment, replica_id
    from {{ ref('int_5_request_usage__summed') }}
    inner join {{ ref('int_5_request_deployments__resolved') }}  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    where served_count > 0
) as served
inner join {{ ref('int_5_request_methods__chosen') }} as methods  {# other methods count no time #}
    on
        served.usage_date = methods.usage_date
        and served.deployment = methods.deployment
        and methods.allocation_method = 'residency'
