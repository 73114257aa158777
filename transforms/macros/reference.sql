{# True where an effective-dated row is in force on a day. #}
{% macro in_force(relation, day) -%}
    {{ relation }}.valid_from <= {{ day }}
    and ({{ relation }}.valid_to is null or {{ relation }}.valid_to > {{ day }})
{%- endmacro %}

{#
    Joins, as `rates`, the exchange rate from a currency to the reporting currency that is in force on a day; null where
    none is. `run` is the relation of the run's settings.
#}
{% macro join_exchange_rates(currency, day) -%}
    left join {{ ref('stg_reference__exchange_rates') }} as rates
        on
            {{ currency }} = rates.currency
            and run.reporting_currency = rates.reporting_currency
            and {{ in_force('rates', day) }}
{%- endmacro %}

{# Billionths of the reporting currency for one of a currency; null without a rate. #}
{% macro rate_billionths(currency) -%}
    case
        when {{ currency }} = run.reporting_currency then cast(1000000000 as {{ integer_type() }})
        else rates.rate_billionths
    end
{%- endmacro %}

{# Quanta of a price in the reporting currency, half to even; null without a rate. #}
{% macro in_reporting_currency(currency, quanta) -%}
    case
        when {{ currency }} = run.reporting_currency then {{ quanta }}
        else {{ divide_half_even(quanta ~ ' * rates.rate_billionths', 1000000000) }}
    end
{%- endmacro %}

{# The usage days of the window that the ledger knows; it reaches further where charges of a month do. #}
{% macro known_days() -%}
    select distinct ledger.usage_date
    from {{ ref('cost_ledger') }} as ledger
    cross join {{ source('landing', 'run') }} as run
    where ledger.usage_date between run.first_usage_date and run.usage_date
{%- endmacro %}

{#
    Every owner rule that matches an attribute of a subject, the one that decides first: the smallest
    priority, then rule id. `candidates` is a relation of usage_date, subject, match_field, match_key,
    match_value. A rule whose team is `$value` names the team that the value names, directly or by an
    alias, and does not match where the value names no team. `precedence` 1 owns the subject; the
    others are kept, so that rules that contradict each other can be reported.
#}
{% macro owner_matches(candidates) %}
with
named as (
    select distinct
        candidates.usage_date,
        candidates.subject,
        rules.rule_id,
        rules.priority,
        candidates.match_value,
        case when rules.team = '$value' then names.team else rules.team end as team
    from {{ candidates }} as candidates
    inner join {{ ref('stg_reference__owner_rules') }} as rules  {# no rule: no owner, added back by the caller #}
        on
            candidates.match_field = rules.match_field
            and candidates.match_key = rules.match_key
            and (rules.match_value = '*' or candidates.match_value = rules.match_value)
            and {{ in_force('rules', 'candidates.usage_date') }}
    left join {{ ref('stg_reference__team_names') }} as names
        on
            candidates.match_value = names.team_name
            and {{ in_force('names', 'candidates.usage_date') }}
    where rules.team <> '$value' or names.team is not null
),

teams as (
    select
        usage_date,
        subject,
        rule_id,
        priority,
        team,
        min(match_value) as match_value
    from named
    group by usage_date, subject, rule_id, priority, team
)

select
    usage_date,
    subject,
    rule_id,
    priority,
    team,
    row_number() over (
        partition by usage_date, subject order by priority, rule_id, match_value, team
    ) as precedence
from teams
{% endmacro %}

{# The rule that decides, of a relation of `owner_matches`. #}
{% macro owners(matches) %}
select
    usage_date,
    subject,
    team,
    rule_id as owner_rule
from {{ matches }}
where precedence = 1
{% endmacro %}
