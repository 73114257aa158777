{#
    Unallocated spend, dearest first, with the most likely owner and the rule that would give it to
    them. The rule comes after every other one, and never enters the tables by itself.
#}
with
costs as (
    select
        *,
        row_number() over (
            order by
                reporting_effective_cost desc,
                provider asc, sub_account_id asc, service_name asc, subject_type asc, subject asc
        ) as cost_rank
    from {{ ref('int_unallocated_costs__summed') }}
),

suggested as (
    select
        costs.*,
        suggestions.team as suggested_team,
        suggestions.support_permille,
        suggestions.evidence_cost,
        suggestions.match_field as evidence_field,
        suggestions.match_key as evidence_key,
        suggestions.match_value as evidence_value,
        case
            when suggestions.match_field in ('tag', 'pod_label', 'namespace') then 'evidence'
            when costs.match_field in ('resource_id', 'pod_label') then 'subject'
            when costs.match_field = suggestions.match_field then 'subject'
            else 'none'
        end as ruled_by,
        costs.match_field as subject_field,
        costs.match_key as subject_key,
        lower(costs.match_value) as subject_value
    from costs
    left join {{ ref('int_unallocated_costs__suggested') }} as suggestions
        using (provider, sub_account_id, service_name, subject_type, subject)
),

{# A rule looks at what the evidence says, or else at the subject alone, never at more than either. #}
ruled as (
    select
        *,
        case when ruled_by = 'evidence' then evidence_field else subject_field end as rule_field,
        case when ruled_by = 'evidence' then evidence_key else subject_key end as rule_key,
        case when ruled_by = 'evidence' then evidence_value else subject_value end as rule_value
    from suggested
),

last_rule as (select coalesce(max(priority), 0) as priority from {{ ref('stg_reference__owner_rules') }})

select
    ruled.cost_rank,
    ruled.provider,
    ruled.sub_account_id,
    ruled.service_name,
    ruled.subject_type,
    ruled.subject,
    ruled.first_usage_date,
    ruled.last_usage_date,
    ruled.day_count,
    ruled.reporting_billed_cost,
    ruled.reporting_effective_cost,
    run.reporting_currency,
    ruled.suggested_team,
    ruled.support_permille,
    ruled.evidence_cost,
    ruled.evidence_field,
    case
        when ruled.suggested_team is null then null
        when ruled.evidence_field = 'name' then 'its name holds "' || ruled.evidence_value || '"'
        else
            cast(ruled.support_permille as varchar) || ' of 1000 of the owned spend with '
            || trim(ruled.evidence_field || ' ' || ruled.evidence_key)
            || ' "' || ruled.evidence_value || '"'
    end as evidence,
    case
        when ruled.suggested_team is not null and ruled.ruled_by <> 'none'
        then
            'suggested-' || cast(ruled.cost_rank as varchar) || ',' || cast(last_rule.priority + 10 as varchar)
            || ',' || ruled.rule_field || ',' || {{ csv_cell('ruled.rule_key') }}
            || ',' || {{ csv_cell('ruled.rule_value') }} || ',' || {{ csv_cell('ruled.suggested_team') }}
            || ',' || cast(ruled.first_usage_date as varchar) || ','
    end as suggested_rule
from ruled
cross join last_rule
cross join {{ source('landing', 'run') }} as run
