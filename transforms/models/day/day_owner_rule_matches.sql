{% set subjects %}(
    select usage_date, 'charge' as subject_type, charge_key as subject from {{ ref('int_1_charges__classified') }}
    union all
    select usage_date, 'workload', subject from {{ ref('int_4_workloads__described') }}
    union all
    select usage_date, 'caller', gateway_team || '/' || api_key_alias from {{ ref('int_5_request_owners__resolved') }}
){% endset %}

{% set matches %}(
    select *, 'charge' as subject_type from {{ ref('int_1_charges__matched') }}
    union all
    select *, 'workload' from {{ ref('int_4_workloads__matched') }}
    union all
    select *, 'caller' from {{ ref('int_5_request_owners__matched') }}
){% endset %}

{# What callers cost is known per team and rule, not per caller. #}
{% set costs %}(
    select usage_date, 'charge' as subject_type, charge_key as subject, owner_rule,
        sum(reporting_effective_cost_quanta) as reporting_effective_cost_quanta
    from {{ ref('int_6_entries__direct') }}
    group by usage_date, charge_key, owner_rule
    union all
    select held.usage_date, 'workload', described.subject, held.owner_rule,
        sum(held.reporting_effective_cost_quanta)
    from {{ ref('int_6_entries__held') }} as held
    inner join {{ ref('int_4_workloads__described') }} as described using (usage_date, namespace, pod, slurm_job)
    group by held.usage_date, described.subject, held.owner_rule
){% endset %}

{{ owner_rule_matches(subjects, matches, costs) }}
