{#
    The most likely owner of each unallocated subject: the team with the largest part of the owned
    spend that shares an attribute with it, if that is at least half. What is closest to the subject
    counts first: its own machine, its own name, then what people wrote on it, then where it is.
#}
{% set subject = ['provider', 'sub_account_id', 'service_name', 'subject_type', 'subject'] %}
{% set closeness = {
    'resource_id': 1, 'name': 2, 'tag': 3, 'pod_label': 3, 'slurm_user': 3,
    'name_prefix': 4, 'namespace': 4, 'deployment': 4, 'sub_account_id': 4,
} %}
with
candidates as (
    select
        {% for column in subject %}
        attributes.{{ column }},
        {% endfor %}
        attributes.match_field,
        attributes.match_key,
        attributes.match_value,
        evidence.team,
        evidence.evidence_cost,
        evidence.support_permille
    from {{ ref('int_unallocated_costs__attributed') }} as attributes
    inner join {{ ref('int_owner_evidence__weighed') }} as evidence  {# nothing in common: no evidence #}
        using (match_field, match_key, match_value)
    where evidence.support_permille >= 500

    union all

    select
        {% for column in subject %}
        costs.{{ column }},
        {% endfor %}
        'name',
        '',
        names.team_name,
        names.team,
        cast(0 as decimal(38, 18)),
        1000
    from {{ ref('int_unallocated_costs__summed') }} as costs
    inner join {{ ref('stg_reference__team_names') }} as names  {# names no team: no evidence #}
        on
            length(names.team_name) >= 3
            and '-' || {{ slug(regexp_part('costs.subject', '[^/:]+$')) }} || '-'
            like '%-' || {{ slug('names.team_name') }} || '-%'
            and {{ in_force('names', 'costs.last_usage_date') }}
    where costs.subject_type <> 'request'
),

ranked as (
    select
        *,
        row_number() over (
            partition by {{ subject | join(', ') }}
            order by
                case match_field
                    {% for field, rank in closeness.items() %}
                    when '{{ field }}' then {{ rank }}
                    {% endfor %}
                end,
                support_permille desc,
                evidence_cost desc,
                length(match_value) desc,
                match_field,
                match_key,
                match_value,
                team
        ) as precedence
    from candidates
)

select
    {{ subject | join(', ') }},
    match_field,
    match_key,
    match_value,
    team,
    evidence_cost,
    support_permille
from ranked
where precedence = 1
