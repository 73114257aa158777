{#
    Every lever's replay, one row per lever, scope, team, cost pool and known day, in the common shape,
    with its place in the waterfall. What a person has dismissed saves nothing.
#}
with
levers as (
    {% for model in lever_models() %}
    select {{ lever_columns() | join(', ') }} from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    {% for column in lever_columns() %}
    levers.{{ column }},
    {% endfor %}
    levers.scope_type || ' ' || levers.scope_name as scope,
    definitions.waterfall_rank,
    definitions.is_alternative = 1 as is_alternative,
    coalesce(decisions.decision, 'new') as decision,
    sum({{ quanta('levers.saving') }}) over (
        partition by levers.lever, levers.scope_type, levers.scope_name, levers.team
    ) > 0 as is_saving,
    cast({{ floor_divide(quanta('levers.saving'), 1000000000000) }} as bigint) as saving_millionths
from levers
inner join {{ ref('lever_definitions') }} as definitions  {# every lever model has a definition: tested #}
    on levers.lever = definitions.lever
cross join {{ source('landing', 'run') }} as run
left join {{ ref('stg_reference__opportunity_decisions') }} as decisions
    on
        levers.lever = decisions.lever
        and levers.scope_type || ' ' || levers.scope_name = decisions.scope
        and levers.team = decisions.team
        and {{ in_force('decisions', 'run.usage_date') }}
where levers.usage_date between run.first_usage_date and run.usage_date
