{# True where an effective-dated row is in force on a day. #}
{% macro in_force(relation, day) -%}
    {{ relation }}.valid_from <= {{ day }}
    and ({{ relation }}.valid_to is null or {{ relation }}.valid_to > {{ day }})
{%- endmacro %}

{#
    Who owns each subject: the owner rule with the smallest priority (then rule id) that matches one
    of its attributes. `candidates` is a relation of usage_date, subject, match_field, match_key,
    match_value. A rule whose team is `$value` gives the subject to the team that the value names,
    directly or by an alias, and does not match where the value names no team.
#}
{% macro owners(candidates) %}
    select
        usage_date,
        subject,
        team,
        rule_id as owner_rule
    from (
        select
            candidates.usage_date,
            candidates.subject,
            rules.rule_id,
            case when rules.team = '$value' then named.team else rules.team end as team,
            row_number() over (
                partition by candidates.usage_date, candidates.subject
                order by rules.priority, rules.rule_id, candidates.match_value, candidates.match_key
            ) as precedence
        from {{ candidates }} as candidates
        inner join {{ ref('stg_reference__owner_rules') }} as rules  {# no rule: no owner, added back by the caller #}
            on
                candidates.match_field = rules.match_field
                and candidates.match_key = rules.match_key
                and (rules.match_value = '*' or candidates.match_value = rules.match_value)
                and {{ in_force('rules', 'candidates.usage_date') }}
        left join {{ ref('stg_reference__team_names') }} as named
            on
                candidates.match_value = named.team_name
                and {{ in_force('named', 'candidates.usage_date') }}
        where rules.team <> '$value' or named.team is not null
    )
    where precedence = 1
{% endmacro %}
