{#
    Stage 4: who owns each workload, what it is for, and which model and deployment it serves.
    A pod is described by its namespace and labels, a Slurm job by its account.
#}
with
workloads as (
    select distinct
        usage_date,
        namespace,
        pod,
        slurm_job,
        case when slurm_job <> '' then 'slurm/' || slurm_job else namespace || '/' || pod end as subject
    from {{ ref('int_2_gpu_time__integrated') }}
    where pod <> '' or slurm_job <> ''
),

described as (
    select
        workloads.*,
        pods.pod_labels,
        jobs.account as slurm_account,
        jobs.job_name as slurm_job_name,
        coalesce(
            {{ json_text('pods.pod_labels', 'label_app_kubernetes_io_name') }},
            {{ json_text('pods.pod_labels', 'label_app') }},
            nullif(workloads.pod, ''),
            'slurm/' || workloads.slurm_job
        ) as workload
    from workloads
    left join {{ ref('stg_prometheus__pods') }} as pods
        on
            workloads.usage_date = pods.usage_date
            and workloads.namespace = pods.namespace
            and workloads.pod = pods.pod
    left join {{ ref('stg_slurm__jobs') }} as jobs
        on workloads.usage_date = jobs.usage_date and workloads.slurm_job = jobs.job_id
),

label_entries as (
    {{ json_entries('described', 'pod_labels', ['usage_date', 'subject']) }}
),

candidates as (
    select
        usage_date,
        subject,
        'pod_label' as match_field,
        lower(entry_key) as match_key,
        lower(trim(entry_value)) as match_value
    from label_entries
    union all
    select usage_date, subject, 'namespace', '', lower(namespace) from described where namespace <> ''
    union all
    select usage_date, subject, 'slurm_account', '', slurm_account from described where slurm_account is not null
),

owned as ({{ owners('candidates') }}),

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
