{#
    How many end users each team, model and deployment had on each day, and the whole organisation:
    people who are counted once in each scope, so that no count is a sum of others.
#}
with
seen as (
    select distinct
        usage_date,
        gen_ai_provider_name,
        gen_ai_request_model,
        gen_ai_response_model,
        deployment_id,
        gateway_team,
        api_key_alias,
        end_user_hmac
    from {{ ref('stg_inference__requests') }}
    where end_user_hmac is not null
),

users as (
    select
        seen.usage_date,
        owners.team,
        deployments.model,
        deployments.deployment,
        seen.end_user_hmac
    from seen
    inner join {{ ref('int_5_request_deployments__resolved') }} as deployments  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    inner join {{ ref('int_5_request_owners__resolved') }} as owners  {# resolved from these very keys #}
        using (usage_date, gateway_team, api_key_alias)
)

select
    usage_date,
    case
        when team is not null and deployment is not null then 'team_deployment'
        when team is not null then 'team'
        when deployment is not null then 'deployment'
        when model is not null then 'model'
        else 'organization'
    end as scope,
    coalesce(team, '') as team,
    coalesce(model, '') as model,
    coalesce(deployment, '') as deployment,
    count(distinct end_user_hmac) as active_user_count
from users
group by grouping sets (
    (usage_date, team, model, deployment), (usage_date, team), (usage_date, model), (usage_date, deployment),
    (usage_date)
)
