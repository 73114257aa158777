{#
    One row per opportunity that saves something (carbon, too), one row without amounts per lever that could not
    be assessed, and one with zeros per lever that was and has nothing to save, with its figure where it is watched.
#}
with
assumptions as (
    select
        lever,
        '{' || string_agg(
            '"' || name || '": "' || regexp_replace(cast(value as varchar), '\.?0+$', '') || ' ' || unit
            || ' (' || replace(source, '"', '''') || ')"', ', ' order by name
        ) || '}' as assumptions
    from {{ ref('int_lever_assumptions__chosen') }}
    where usage_date = (select max(usage_date) from {{ ref('int_lever_assumptions__chosen') }})
    group by lever
),

scopes as (
    select
        lever,
        scope_type,
        scope,
        team,
        max(scope_name) as scope_name,
        max(decision) as decision,
        cast(sum(baseline_cost) as decimal(38, 18)) as baseline_cost,
        cast(sum(saving) as decimal(38, 18)) as saving_expected,
        cast(sum(incremental_saving) as decimal(38, 18)) as incremental_saving,
        cast(sum(evidence_row_count) as bigint) as evidence_row_count
    from {{ ref('int_levers__chained') }}
    left join {{ ref('int_lever_carbon__saved') }} as carbon using (lever, scope, team)
    where is_saving or (lever = 'carbon_aware' and carbon.carbon_saving_kg > 0)
    group by lever, scope_type, scope, team
),

commitments as (  {# a level must hold on days that it was not chosen on #}
    select
        provider || replace(plan_name, 'own rate of', '') as scope_name,
        bool_and(confidence = 'high') as is_sure
    from {{ ref('commitment_checks') }}
    where plan_name like 'own rate of %' and level_name = 'recommended'
    group by provider, plan_name
),

assessed as (select lever, sum(baseline_cost) as baseline_cost from {{ ref('int_levers__gathered') }} group by lever),

rows_of_levers as (
    select
        scopes.*,
        'assessed' as assessment,
        {{ millionths('bounds.low_millionths') }} as low,
        {{ millionths('bounds.high_millionths') }} as high,
        bounds.day_count,
        bounds.backtest_day_count,
        {{ millionths('bounds.backtest_expected_millionths') }} as backtest_expected_saving,
        {{ millionths('bounds.backtest_low_millionths') }} as backtest_low_saving,
        {{ millionths('bounds.backtest_high_millionths') }} as backtest_high_saving,
        {{ millionths('bounds.backtest_actual_millionths') }} as backtest_actual_saving
    from scopes
    inner join {{ ref('int_lever_intervals__resampled') }} as bounds  {# one row per opportunity: tested #}
        on scopes.lever = bounds.lever and scopes.scope = bounds.scope and scopes.team = bounds.team

    union all

    select
        definitions.lever,
        'company' as scope_type,
        'company' as scope,
        'unallocated' as team,
        'company' as scope_name,
        'new' as decision,
        coalesce(cast(assessed.baseline_cost as decimal(38, 18)), figures.figure_cost) as baseline_cost,
        case when coalesce(assessed.lever, figures.lever) <> '' then cast(0 as decimal(38, 18)) end as saving_expected,
        cast(0 as decimal(38, 18)) as incremental_saving,
        cast(0 as bigint) as evidence_row_count,
        case
            when assessed.lever is not null then 'assessed: nothing to save'
            when figures.lever is not null then 'assessed: a figure to watch'
            else 'not assessed: needs ' || definitions.needs
        end as assessment,
        null as low,
        null as high,
        null as day_count,
        null as backtest_day_count,
        null as backtest_expected_saving,
        null as backtest_low_saving,
        null as backtest_high_saving,
        null as backtest_actual_saving
    from {{ ref('lever_definitions') }} as definitions
    cross join (select count(*) as entry_count from {{ ref('cost_ledger') }}) as entries
    left join assessed on definitions.lever = assessed.lever
    left join {{ ref('int_lever_figures__measured') }} as figures
        on definitions.lever = figures.lever and figures.scope = 'company'
    left join (select distinct lever from scopes) as saving on definitions.lever = saving.lever
    where saving.lever is null and entries.entry_count > 0
)

select
    run.usage_date as as_of_date,
    rows_of_levers.lever,
    definitions.code as lever_code,
    rows_of_levers.scope_type,
    rows_of_levers.scope,
    rows_of_levers.team,
    coalesce(teams.owner, 'unallocated') as owner,
    definitions.responsible,
    run.reporting_currency as currency,
    rows_of_levers.assessment,
    rows_of_levers.baseline_cost,
    cast(rows_of_levers.baseline_cost - rows_of_levers.saving_expected as decimal(38, 18)) as optimized_cost,
    cast(least(coalesce(rows_of_levers.low, rows_of_levers.saving_expected), rows_of_levers.saving_expected)
        as decimal(38, 18)) as saving_low,
    rows_of_levers.saving_expected,
    cast(greatest(coalesce(rows_of_levers.high, rows_of_levers.saving_expected), rows_of_levers.saving_expected)
        as decimal(38, 18)) as saving_high,
    definitions.waterfall_rank,
    rows_of_levers.incremental_saving as saving_incremental,
    carbon.carbon_saving_kg,
    figures.own_value,
    figures.own_unit,
    case
        when rows_of_levers.assessment <> 'assessed' then 'none'
        when definitions.confidence_limit <> 'high' then definitions.confidence_limit
        when commitments.is_sure = false then 'medium'
        when
            rows_of_levers.day_count >= 28
            and rows_of_levers.backtest_actual_saving
            between rows_of_levers.backtest_low_saving and rows_of_levers.backtest_high_saving
            then 'high'
        else 'medium'
    end as confidence,
    rows_of_levers.backtest_day_count,
    cast(rows_of_levers.backtest_expected_saving as decimal(38, 18)) as saving_backtest_expected,
    cast(rows_of_levers.backtest_low_saving as decimal(38, 18)) as saving_backtest_low,
    cast(rows_of_levers.backtest_high_saving as decimal(38, 18)) as saving_backtest_high,
    cast(rows_of_levers.backtest_actual_saving as decimal(38, 18)) as saving_backtest_actual,
    replace(
        coalesce(definitions.evidence_query, ''), '{scope_name}', replace(rows_of_levers.scope_name, '''', '''''')
    ) as evidence_query,
    rows_of_levers.evidence_row_count,
    coalesce(assumptions.assumptions, '{}') as assumptions,
    replace(definitions.action, '{scope_name}', rows_of_levers.scope_name) as action,
    definitions.effort,
    definitions.risk,
    definitions.published_range,
    coalesce(definitions.published_source, '') as published_source,
    run.first_usage_date as valid_from,
    run.usage_date as valid_to,
    rows_of_levers.decision as status
from rows_of_levers
left join {{ ref('int_lever_carbon__saved') }} as carbon using (lever, scope, team)
left join {{ ref('int_lever_figures__measured') }} as figures using (lever, scope)
cross join {{ source('landing', 'run') }} as run
left join {{ ref('lever_definitions') }} as definitions on rows_of_levers.lever = definitions.lever
left join assumptions on rows_of_levers.lever = assumptions.lever
left join commitments on rows_of_levers.lever = 'commitments' and rows_of_levers.scope_name = commitments.scope_name
left join {{ ref('stg_reference__teams') }} as teams
    on
        rows_of_levers.team = teams.team
        and {{ in_force('teams', 'run.usage_date') }}
