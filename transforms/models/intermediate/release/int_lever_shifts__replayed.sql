{#
    Replay: a run starts later by the hours that a forecast said would be cheapest (`off_peak`) or cleanest
    (`carbon_aware`), and pays what those hours then really cost or emitted. Its energy is taken as even over its
    time. A run with an hour whose price (or intensity) is not known is left out. Carbon is worth what the company
    says of a tonne: nothing, unless it says so.
#}
with
runs as (
    select distinct
        moved.lever,
        moved.run,
        moved.provider,
        moved.region_id,
        moved.started_ms,
        moved.ended_ms,
        delays.delay_hours
    from {{ ref('int_lever_shift_runs__gathered') }} as moved
    inner join {{ ref('int_lever_shift_delays__chosen') }} as delays using (lever, run)  {# one of each #}
),

hours as (
    select
        runs.lever,
        runs.run,
        runs.delay_hours,
        runs.ended_ms - runs.started_ms as length_ms,
        least(runs.ended_ms, (now.epoch_hour + 1) * 3600000)
        - greatest(runs.started_ms, now.epoch_hour * 3600000) as spent_ms,
        {% for column in ['price_quanta', 'grid_milligrams_per_kwh'] %}
        now.{{ column }},
        later.{{ column }} as later_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from runs
    inner join {{ ref('int_energy_hours__known') }} as now  {# hours that are not known: length tells, below #}
        on
            runs.provider = now.provider
            and runs.region_id = now.region_id
            and runs.started_ms < (now.epoch_hour + 1) * 3600000
            and runs.ended_ms > now.epoch_hour * 3600000
    left join {{ ref('int_energy_hours__known') }} as later
        on
            now.provider = later.provider
            and now.region_id = later.region_id
            and now.epoch_hour + runs.delay_hours = later.epoch_hour
),

means as (
    select
        lever,
        run,
        delay_hours,
        {% for column in ['price_quanta', 'grid_milligrams_per_kwh'] %}
        {% for name in [column, 'later_' ~ column] %}
        case when sum(spent_ms) filter (where {{ name }} is not null) = length_ms then
            {{ floor_divide(
                'sum(cast(' ~ name ~ ' as ' ~ integer_type() ~ ') * spent_ms)', 'length_ms'
            ) }}
        end as {{ name }}{{ ',' if not (loop.last and column == 'grid_milligrams_per_kwh') }}
        {% endfor %}
        {% endfor %}
    from hours
    group by lever, run, delay_hours, length_ms
),

tonnes as (
    select
        usage_date,
        {{ quanta('value') }} as tonne_quanta
    from {{ ref('int_lever_assumptions__chosen') }}
    where lever = 'carbon_aware' and name = 'price_per_tonne'
),

valued as (
    select
        moved.*,
        means.delay_hours,
        case
            when moved.lever = 'off_peak'
                then {{ scaled('means.price_quanta', 'moved.facility_millijoules', 3600000000) }}
            else {{ scaled('tonnes.tonne_quanta', floor_divide(
                'means.grid_milligrams_per_kwh * moved.facility_millijoules', 3600000000
            ), 1000000000) }}
        end as baseline,
        case
            when moved.lever = 'off_peak'
                then {{ scaled('means.later_price_quanta', 'moved.facility_millijoules', 3600000000) }}
            else {{ scaled('tonnes.tonne_quanta', floor_divide(
                'means.later_grid_milligrams_per_kwh * moved.facility_millijoules', 3600000000
            ), 1000000000) }}
        end as optimized,
        {{ floor_divide(
            '(means.grid_milligrams_per_kwh - means.later_grid_milligrams_per_kwh) * moved.facility_millijoules',
            3600000000
        ) }} as milligrams
    from {{ ref('int_lever_shift_runs__gathered') }} as moved
    inner join means using (lever, run)  {# what has no known hour was left out #}
    inner join {{ ref('int_lever_pools__summed') }} using (usage_date, cost_pool)  {# no cost, no saving #}
    inner join tonnes using (usage_date)  {# every known day has its assumption #}
)

select
    lever,
    'workload' as scope_type,
    scope_name,
    team,
    cost_pool,
    usage_date,
    {{ from_quanta('sum(baseline)') }} as baseline_cost,
    {{ from_quanta('sum(baseline) - sum(optimized)') }} as saving,
    count(distinct run) filter (where delay_hours > 0) as evidence_row_count,
    cast(coalesce(sum(milligrams), 0) as {{ integer_type() }}) as carbon_saving_milligrams
from valued
where baseline is not null and optimized is not null
group by lever, scope_name, team, cost_pool, usage_date
