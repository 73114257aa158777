"""What the report asks a release about change and spread: what moved, what a query and a unit cost.

`spend` is as in `report_queries`.
"""

WEEKS = """
    with weeks as (
        select
            {name} as name,
            coalesce(sum(cost) filter (where charge_date > last_day - 7), 0) as recent,
            coalesce(sum(cost) filter (where charge_date <= last_day - 7), 0) as before
        from spend
        cross join (select usage_date as last_day, first_usage_date from runs) as run
        where
            charge_date <= last_day
            and charge_date > last_day - 14
            and first_usage_date <= last_day - 13
        group by all
    )
    select name, before, recent, recent - before as change
    from weeks
    where recent <> before
    order by abs(recent - before) desc, name
    limit 10
"""
TEAM_MOVERS = WEEKS.format(name="team")
MODEL_MOVERS = WEEKS.format(name="model")
LAST_REQUESTS = """
    with priced as (
        select model, reporting_effective_cost as cost
        from request_costs
        where
            cost_status = 'priced'
            and started_at >= (select max(usage_date) from daily_unit_economics)
            and started_at < (select max(usage_date) + 1 from daily_unit_economics)
    )"""
BANDS = f"""{LAST_REQUESTS},
    bands (least, below) as (
        values
            (null, 0.0001), (0.0001, 0.001), (0.001, 0.01), (0.01, 0.1), (0.1, 1), (1, 10),
            (10, 100), (100, null)
    )
    select least, below, count(cost) as request_count, coalesce(sum(cost), 0) as cost
    from bands
    left join priced
        on (least is null or cost >= least) and (below is null or cost < below)
    group by least, below
    order by least nulls first
"""  # noqa: S608
MARKS = f"""{LAST_REQUESTS},
    marks as (
        select
            model,
            count(*) as request_count,
            sum(cost) as cost,
            quantile_disc(cost, 0.5) as median,
            quantile_disc(cost, 0.9) as ninetieth,
            quantile_disc(cost, 0.99) as ninety_ninth,
            max(cost) as dearest
        from priced
        group by model
    ),
    tails as (
        select model, sum(priced.cost) as tail_cost
        from priced
        join marks using (model)
        where priced.cost >= ninety_ninth
        group by model
    )
    select marks.*, tail_cost
    from marks
    join tails using (model)
    order by marks.cost desc, model
    limit 25
"""  # noqa: S608
UNIT_DAYS = """
    select
        usage_date,
        coalesce(marginal_cost_per_million_tokens, 0) as direct,
        coalesce(cost_per_million_tokens - marginal_cost_per_million_tokens, 0) as idle,
        coalesce(fully_loaded_cost_per_million_tokens - cost_per_million_tokens, 0) as overhead
    from unit_economics
    where
        scope = 'organization'
        and usage_date > (select max(usage_date) from unit_economics) - 92
    order by usage_date
"""
UNITS = """
    select
        scope, scope_name,
        cast(sum(request_count) as bigint) as request_count,
        cast(sum(input_tokens + output_tokens) as bigint) as tokens,
        sum(reporting_effective_cost) as cost,
        sum(reporting_direct_cost) as direct,
        sum(reporting_effective_cost + reporting_overhead_cost) as loaded,
        sum(gpu_cost) as gpu_cost,
        sum(held_gpu_seconds) as held_gpu_seconds,
        sum(busy_gpu_seconds) as busy_gpu_seconds
    from unit_economics
    where usage_date > (select max(usage_date) from unit_economics) - 30
    group by scope, scope_name
    having sum(request_count) > 0 or sum(held_gpu_seconds) > 0
    order by scope, cost desc, scope_name
"""
UNASSESSED = """
    select lever, replace(assessment, 'not assessed: needs ', '') as needs, published_range
    from optimization_opportunities
    where assessment like 'not assessed%'
    order by lever
"""
BENCHMARKS = "select * from industry_benchmarks order by benchmark_rank"
WATERFALL = """
    select lever, currency, baseline_cost, saving_alone, saving_incremental, optimized_cost
    from savings_waterfall
    where saving_alone <> 0 or saving_incremental <> 0
    order by waterfall_rank, lever
"""

WATCHED = """
    select lever, own_value, own_unit, published_range, published_source
    from optimization_opportunities
    where assessment = 'assessed: a figure to watch'
    order by waterfall_rank
"""
CARBON_SAVINGS = """
    select lever, scope, team, carbon_saving_kg, saving_expected
    from optimization_opportunities
    where assessment = 'assessed' and carbon_saving_kg is not null
    order by carbon_saving_kg desc, lever, scope, team
    limit 12
"""
TOTAL_COSTS = """
    select
        month, scope, scope_name, invoiced_cost, energy_cost, hosting_cost, depreciation_cost,
        staff_cost, tooling_cost, total_cost, total_cost_per_request, return_per_dollar
    from total_costs
    where
        scope in ('organization', 'team')
        and month = (select max(month) from total_costs)
        and exists (select * from loaded_costs_daily)
    order by scope, total_cost desc, scope_name
"""
BREAKEVEN = "select * from hardware_breakeven order by gpu_model, scenario_rank"
