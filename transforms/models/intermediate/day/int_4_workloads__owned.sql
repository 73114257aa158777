{# Stage 4: who owns each workload, what it is for, and which model and deployment it serves. #}
with
described as (select * from {{ ref('int_4_workloads__described') }}),
candidates as (select * from {{ ref('int_4_workloads__attributed') }}),
owned as ({{ owners(ref('int_4_workloads__matched')) }}),

ruled as (
    select
        candidates.usage_date,
        candidates.subject,
        rules.purpose,
        rules.model,
        row_number() over (
            partition by candidates.usage_date, candidates.subject
            order by rules.priority, rules.rule_id, candidates.match_value
        ) as precedence
    from candidates
    inner join {{ ref('stg_reference__workload_rules') }} as rules  {# no rule: kept by the left join below #}
        on
            candidates.match_field = rules.match_field
            and candidates.match_key = rules.match_key
            and (rules.match_value = '*' or candidates.match_value = rules.match_value)
            and {{ in_force('rules', 'candidates.usage_date') }}
)

select
    described.usage_date,
    described.namespace,
    described.pod,
    described.slurm_job,
    described.workload,
    coalesce(owned.team, deployments.team, 'unallocated') as team,
    coalesce(owned.owner_rule, case when deployments.team is not null then 'deployment' end, 'none') as owner_rule,
    coalesce(deployments.model, ruled.model, 'none') as model,
    coalesce(deployments.deployment, 'none') as deployment,
    coalesce(deployments.purpose, ruled.purpose, 'none') as purpose
from described
left join owned on described.usage_date = owned.usage_date and described.subject = owned.subject
left join ruled
    on described.usage_date = ruled.usage_date and described.subject = ruled.subject and ruled.precedence = 1
left join {{ ref('stg_reference__deployments') }} as deployments
    on
        described.workload = deployments.deployment
        and deployments.hosting = 'self_hosted'
        and {{ in_force('deployments', 'described.usage_date') }}
