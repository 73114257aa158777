{#
    What vendors of model APIs counted against what the log has of them. Only where a vendor counted
    anything of the day: a vendor whose usage is not collected says nothing about the log. Requests
    that a gateway answered from its own cache never reached a vendor.
#}
with
counted as (
    select
        usage_date,
        gen_ai_provider_name,
        model,
        sum(request_count) as request_count,
        sum(input_tokens) as input_tokens,
        sum(cache_read_input_tokens) as cache_read_input_tokens,
        sum(cache_creation_input_tokens) as cache_creation_input_tokens,
        sum(output_tokens) as output_tokens
    from {{ ref('int_5_vendor_usage__named') }}
    where consumed_unit not in ('Bytes', 'Searches', 'Sessions')  {# no calls: parts of others, or storage #}
    group by usage_date, gen_ai_provider_name, model
),

logged as (
    select
        summed.usage_date,
        summed.gen_ai_provider_name,
        deployments.model,
        sum(summed.served_count) as request_count,
        sum(
            summed.served_input_tokens + summed.served_cache_read_tokens + summed.served_cache_creation_tokens
        ) as input_tokens,
        sum(summed.served_cache_read_tokens) as cache_read_input_tokens,
        sum(summed.served_cache_creation_tokens) as cache_creation_input_tokens,
        sum(summed.served_output_tokens) as output_tokens
    from {{ ref('int_5_request_usage__summed') }} as summed
    inner join {{ ref('int_5_request_deployments__resolved') }} as deployments  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    inner join (select distinct usage_date, gen_ai_provider_name from counted) as vendors  {# days that vendors count #}
        using (usage_date, gen_ai_provider_name)
    where summed.served_count > 0
    group by summed.usage_date, summed.gen_ai_provider_name, deployments.model
)

select
    usage_date,
    gen_ai_provider_name,
    model,
    cast(case when counted.model is null then 0 else counted.request_count end as bigint) as vendor_request_count,
    cast(coalesce(logged.request_count, 0) as bigint) as logged_request_count,
    cast(coalesce(counted.input_tokens, 0) as bigint) as vendor_input_tokens,
    cast(coalesce(logged.input_tokens, 0) as bigint) as logged_input_tokens,
    cast(coalesce(counted.cache_read_input_tokens, 0) as bigint) as vendor_cache_read_input_tokens,
    cast(coalesce(logged.cache_read_input_tokens, 0) as bigint) as logged_cache_read_input_tokens,
    cast(coalesce(counted.cache_creation_input_tokens, 0) as bigint) as vendor_cache_creation_input_tokens,
    cast(coalesce(logged.cache_creation_input_tokens, 0) as bigint) as logged_cache_creation_input_tokens,
    cast(coalesce(counted.output_tokens, 0) as bigint) as vendor_output_tokens,
    cast(coalesce(logged.output_tokens, 0) as bigint) as logged_output_tokens
from counted
full outer join logged using (usage_date, gen_ai_provider_name, model)
