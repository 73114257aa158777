{#
    Replay of one policy on the known days: a workload whose GPUs on a node did nothing for a whole
    hour gives them back from the next idle hour on. The first idle hour of each stretch is still
    paid. Low and high are the cheapest and dearest tenth of days, times the number of days.
#}
with
hours as (
    select
        usage_date,
        hour_start,
        node,
        workload,
        team,
        sum(reporting_effective_cost) as cost,
        bool_or(cost_class = 'direct') as is_busy
    from {{ ref('day_workload_costs') }}
    where workload <> 'none'
    group by all
),

stretches as (
    select
        *,
        lag(is_busy) over stretch as was_busy,
        lag(hour_start) over stretch = hour_start - interval 1 hour as is_next_hour
    from hours
    window stretch as (partition by node, workload, team order by hour_start)
),

days as (
    select
        usage_date,
        team,
        workload,
        sum(cost) as cost,
        coalesce(sum(cost) filter (where not is_busy and not was_busy and is_next_hour), 0) as saving,
        count(*) filter (where not is_busy and not was_busy and is_next_hour) as idle_hours
    from stretches
    group by all
)

select
    'idle_gpus' as lever,
    'workload ' || workload as scope,
    team,
    cast(sum(cost) as decimal(38, 18)) as baseline_cost,
    cast(least(quantile_disc(saving, 0.1) * count(*), sum(saving)) as decimal(38, 18)) as saving_low,
    cast(sum(saving) as decimal(38, 18)) as saving_expected,
    cast(least(greatest(quantile_disc(saving, 0.9) * count(*), sum(saving)), sum(cost)) as decimal(38, 18))
        as saving_high,
    case when count(*) >= 28 then 'high' else 'medium' end as confidence,
    'select * from workload_costs where workload = ''' || replace(workload, '''', '''''')
    || ''' and cost_class = ''idle_held'' order by hour_start' as evidence_query,
    cast(sum(idle_hours) as bigint) as evidence_row_count,
    '{"idle_window_hours": 1, "valued_at": "effective cost; committed capacity saves only once it is reused"}'
        as assumptions,
    'Scale ' || workload || ' down after one idle hour, or lend its GPUs to a shared pool.' as action,
    'M' as effort,
    'reversible; the first request after an idle stretch waits for a cold start' as risk
from days
group by team, workload
