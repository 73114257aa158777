{#
    What each team's requests weigh in each pool. A self-hosted deployment has one pool an hour,
    weighed by residency or by its token weights; a model API has one pool a day for each token type
    and service tier that the bill tells apart, weighed by tokens, each by its price. Requests of a
    pool that have a rate of their own are told apart by `rate_type`, `rate_tier` and step of the
    context. The first request of a pool takes the quanta that the integer rate leaves over;
    where none came in the hour, the first one of the last hour in which one of its team did.
#}
with
usage as (
    select
        summed.*,
        deployments.deployment,
        weights.input_token_weight,
        weights.cache_read_token_weight,
        weights.output_token_weight,
        weights.request_weight,
        methods.allocation_method,
        owners.team,
        owners.owner_rule
    from {{ ref('int_5_request_usage__summed') }} as summed
    inner join {{ ref('int_5_request_deployments__resolved') }} as deployments  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    inner join {{ ref('int_5_request_methods__chosen') }} as methods  {# chosen for these very deployments #}
        using (usage_date, deployment)
    inner join {{ ref('int_5_token_weights__chosen') }} as weights  {# chosen for these very deployments #}
        using (usage_date, deployment)
    inner join {{ ref('int_5_request_owners__resolved') }} as owners  {# resolved from these very keys #}
        using (usage_date, gateway_team, api_key_alias)
),

weighed as (
    select
        usage_date,
        deployment,
        hour_start as pool_start,
        'weighted' as token_type,
        team,
        owner_rule,
        first_request_id,
        cast(served_input_tokens + served_cache_creation_tokens as {{ integer_type() }}) * input_token_weight
        + served_cache_read_tokens * cache_read_token_weight
        + served_output_tokens * output_token_weight
        + served_count * request_weight as basis
    from usage
    where allocation_method = 'weighted_tokens'

    union all

    {# Residency is known by caller; the ids of requests by the hour they came in. #}
    select usage_date, deployment, hour_start, 'residency', team, owner_rule, first_request_id, 0
    from usage
    where allocation_method = 'residency'

    union all

    select
        basis.usage_date,
        basis.deployment,
        basis.pool_start,
        'residency',
        callers.team,
        callers.owner_rule,
        null,
        basis.basis
    from {{ ref('int_5_residency_basis__summed') }} as basis
    inner join (
        select distinct usage_date, caller_number, team, owner_rule
        from {{ ref('int_5_request_owners__resolved') }}
    ) as callers  {# numbered there #}
        using (usage_date, caller_number)

),

summed as (
    select
        usage_date,
        deployment,
        pool_start,
        token_type,
        'all' as service_tier,
        token_type as rate_type,
        'all' as rate_tier,
        0 as context_tokens_over,
        cast(null as bigint) as context_tokens_up_to,
        1 as unit_weight,
        team,
        owner_rule,
        min(first_request_id) as first_request_id,
        sum(basis) as basis
    from weighed
    group by all

    union all

    select
        usage_date,
        deployment,
        cast(usage_date as timestamp),
        pool_type,
        pool_tier,
        token_type,
        service_tier,
        context_tokens_over,
        context_tokens_up_to,
        unit_weight,
        team,
        owner_rule,
        first_request_id,
        quantity
    from {{ ref('int_5_api_usage__rated') }}
),

known as (
    select
        * exclude (first_request_id),
        case
            when token_type = 'residency'
            then last_value(first_request_id ignore nulls) over (
                partition by usage_date, deployment, token_type, team, owner_rule
                order by pool_start rows unbounded preceding
            )
            else first_request_id
        end as first_request_id
    from summed
)

select
    *,
    min(first_request_id) over (
        partition by deployment, pool_start, rate_tier, context_tokens_over
    ) as residual_request_id,
    sum(basis) over (partition by deployment, pool_start, token_type, service_tier) as logged_quantity,
    sum(basis * unit_weight) over (partition by deployment, pool_start, token_type, service_tier) as logged_basis,
    row_number() over (
        partition by deployment, pool_start, token_type, service_tier
        order by first_request_id nulls last, team, owner_rule, rate_tier, context_tokens_over, rate_type
    ) = 1 as takes_residual
from known
