{#
    What each team's requests weigh in each pool. A self-hosted deployment has one pool an hour,
    weighed by its token weights; a model API has one pool a day and token type, weighed by tokens.
    The first request of a pool takes the quanta that the integer rate leaves over.
#}
with
usage as (
    select
        summed.*,
        deployments.deployment,
        deployments.hosting,
        deployments.input_token_weight,
        deployments.cache_read_token_weight,
        deployments.output_token_weight,
        deployments.request_weight,
        owners.team,
        owners.owner_rule
    from {{ ref('int_5_request_usage__summed') }} as summed
    inner join {{ ref('int_5_request_deployments__resolved') }} as deployments  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
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
    where hosting <> 'api'

    {% for token_type, column in [
        ('input', 'served_input_tokens'), ('cache_read', 'served_cache_read_tokens'),
        ('cache_creation', 'served_cache_creation_tokens'), ('output', 'served_output_tokens'),
        ('request', 'served_count'),
    ] %}
    union all

    select
        usage_date,
        deployment,
        cast(usage_date as timestamp),
        '{{ token_type }}',
        team,
        owner_rule,
        first_request_id,
        cast({{ column }} as {{ integer_type() }})
    from usage
    where hosting = 'api'
    {% endfor %}
),

summed as (
    select
        usage_date,
        deployment,
        pool_start,
        token_type,
        team,
        owner_rule,
        min(first_request_id) as first_request_id,
        sum(basis) as basis
    from weighed
    group by all
)

select
    *,
    min(first_request_id) over (partition by deployment, pool_start) as residual_request_id,
    sum(basis) over (partition by deployment, pool_start, token_type) as logged_basis,
    row_number() over (
        partition by deployment, pool_start, token_type order by first_request_id nulls last, team, owner_rule
    ) = 1 as takes_residual
from summed
