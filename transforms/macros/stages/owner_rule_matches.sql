{#
    What each owner rule matched, beside the rule that decided instead: subjects, and the amount that
    the deciding rule gave away. A subject that no rule matched counts under the rule `none`.
    `subjects` has usage_date, subject_type, subject; `matches` is of `owner_matches`, with
    subject_type; `costs` has usage_date, subject_type, subject, owner_rule,
    reporting_effective_cost_quanta.
#}
{% macro owner_rule_matches(subjects, matches, costs) %}
with
subjects as (select * from {{ subjects }}),
matches as (select * from {{ matches }}),
costs as (select * from {{ costs }}),

decided as (
    select
        subjects.usage_date,
        subjects.subject_type,
        subjects.subject,
        coalesce(deciding.rule_id, 'none') as deciding_rule,
        coalesce(deciding.team, 'unallocated') as deciding_team,
        coalesce(deciding.priority, 0) as deciding_priority,
        coalesce(costs.reporting_effective_cost_quanta, 0) as cost_quanta
    from subjects
    left join matches as deciding
        on
            subjects.usage_date = deciding.usage_date
            and subjects.subject_type = deciding.subject_type
            and subjects.subject = deciding.subject
            and deciding.precedence = 1
    left join costs
        on
            subjects.usage_date = costs.usage_date
            and subjects.subject_type = costs.subject_type
            and subjects.subject = costs.subject
            and deciding.rule_id = costs.owner_rule
)

select
    decided.usage_date,
    decided.subject_type,
    coalesce(matches.rule_id, 'none') as rule_id,
    coalesce(matches.team, 'unallocated') as team,
    coalesce(matches.priority, 0) as priority,
    decided.deciding_rule,
    decided.deciding_team,
    decided.deciding_priority,
    cast(count(*) as bigint) as subject_count,
    {{ from_quanta('sum(decided.cost_quanta)') }} as reporting_effective_cost
from decided
left join matches
    on
        decided.usage_date = matches.usage_date
        and decided.subject_type = matches.subject_type
        and decided.subject = matches.subject
group by all
{% endmacro %}
