{#
    What each owner rule in force in the window did, and under `none` the subjects that no rule
    matched. A rule that matches nothing is a typing error, or no longer needed.
#}
with
matched as (
    select
        rule_id,
        usage_date,
        subject_type,
        subject_count,
        deciding_rule = rule_id and deciding_team = team as is_deciding
    from {{ ref('int_owner_rules__matched') }}
),

ledger as (
    select
        owner_rule as rule_id,
        usage_date,
        sum(reporting_effective_cost) as cost
    from {{ ref('cost_ledger') }}
    group by owner_rule, usage_date
),

rules as (
    select rules.*
    from {{ ref('stg_reference__owner_rules') }} as rules
    inner join {{ source('landing', 'run') }} as run  {# rules of other times have nothing to match #}
        on rules.valid_from <= run.usage_date and coalesce(rules.valid_to > run.first_usage_date, true)
),

costs as (
    select
        rules.rule_id,
        rules.valid_from,
        sum(ledger.cost) as cost
    from rules
    inner join ledger  {# a rule without an entry costs nothing, below #}
        on rules.rule_id = ledger.rule_id and {{ in_force('rules', 'ledger.usage_date') }}
    group by rules.rule_id, rules.valid_from
)

select
    rules.rule_id,
    rules.priority,
    rules.match_field,
    rules.match_key,
    rules.match_value,
    rules.team,
    rules.valid_from,
    rules.valid_to,
    case
        when count(matched.rule_id) = 0 then 'unused'
        when not bool_or(matched.is_deciding) then 'overridden'
        else 'used'
    end as rule_status,
    min(matched.usage_date) as first_matched_date,
    max(matched.usage_date) as last_matched_date,
    cast(coalesce(sum(matched.subject_count), 0) as bigint) as matched_count,
    cast(coalesce(sum(matched.subject_count) filter (where matched.is_deciding), 0) as bigint) as decided_count,
    cast(coalesce(max(costs.cost), 0) as decimal(38, 18)) as reporting_effective_cost
from rules
left join costs on rules.rule_id = costs.rule_id and rules.valid_from = costs.valid_from
left join matched on rules.rule_id = matched.rule_id and {{ in_force('rules', 'matched.usage_date') }}
group by all

union all

select
    'none', null, subject_type, '', '', 'unallocated', null, null, 'no_rule', min(usage_date), max(usage_date),
    cast(sum(subject_count) as bigint), 0, 0
from matched
where rule_id = 'none'
group by subject_type
