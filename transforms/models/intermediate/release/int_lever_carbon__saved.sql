{# Carbon that an opportunity would have saved, where energy and grid are known; more carbon is negative. #}
with
savings as (
    select
        lever,
        scope_type || ' ' || scope_name as scope,
        team,
        carbon_saving_milligrams
    from {{ ref('int_lever_shifts__replayed') }}

    union all

    select
        lever,
        scope_type || ' ' || scope_name,
        team,
        carbon_saving_milligrams
    from {{ ref('int_lever_cooling__compared') }}

    union all

    select lever, scope, team, carbon_saving_milligrams
    from {{ ref('int_lever_moves__weighed') }}
)

select
    lever,
    scope,
    team,
    {{ ninth_decimals('cast(sum(carbon_saving_milligrams) as ' ~ integer_type() ~ ')', 1000000) }} as carbon_saving_kg
from savings
group by lever, scope, team
