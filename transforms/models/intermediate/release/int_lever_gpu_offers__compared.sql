{#
    Replay: the GPU hours that a workload held, bought where they are cheapest of what the company may buy.
    `region` takes on-demand offers (FOCUS pricing category Standard). `spot` takes those that can be
    taken back (Dynamic), for work that can start again: training, fine-tuning and batches; there hours are
    longer by what preemptions waste when checkpoints are written as Young (1974) and Daly (2006) say:
    every t = sqrt(2 C M), C/t + (t/2 + R)/M, with C a checkpoint, R a restart, M the time between preemptions.
#}
with
assumed as (
    select
        usage_date,
        cast(max(case when name = 'checkpoint_minutes' then value end) as double) as checkpoint,
        cast(max(case when name = 'restart_minutes' then value end) as double) as restart,
        cast(max(case when name = 'hours_between_preemptions' then value end) as double) * 60 as between_minutes
    from {{ ref('int_lever_assumptions__chosen') }}
    where lever = 'spot'
    group by usage_date
),

wasted as (
    select
        usage_date,
        least(cast(round(1000000000 * (
            checkpoint / sqrt(2 * checkpoint * between_minutes)
            + (sqrt(2 * checkpoint * between_minutes) / 2 + restart) / between_minutes
        )) as {{ integer_type() }}), 999999999) as billionths
    from assumed
),

bought as (
    select
        workloads.*,
        case when offers.pricing_category = 'Dynamic' then 'spot' else 'region' end as lever,
        offers.place,
        {{ floor_divide(
            'offers.hour_quanta * workloads.held_ms + 3599999', 3600000
        ) }} as quanta,
        case when offers.pricing_category = 'Dynamic' then 1000000000 - wasted.billionths else 1000000000 end
            as useful_billionths
    from {{ ref('int_lever_gpu_workloads__summed') }} as workloads
    inner join {{ ref('int_lever_gpu_offers__priced') }} as offers  {# without an offer nothing is known #}
        on workloads.usage_date = offers.usage_date and workloads.gpu_model = offers.gpu_model
    inner join wasted on workloads.usage_date = wasted.usage_date  {# every known day has its assumption #}
    where
        offers.pricing_category = 'Standard'
        or workloads.purpose in ('training', 'fine_tuning', 'batch_inference')
)

select
    lever,
    scope_type,
    scope_name || ' at ' || place as scope_name,
    team,
    cost_pool,
    usage_date,
    cast(sum(cost) as decimal(38, 18)) as baseline_cost,
    cast(sum(cost - {{ from_quanta(floor_divide(
        'quanta * 1000000000 + useful_billionths - 1', 'useful_billionths'
    )) }}) as decimal(38, 18)) as saving,
    cast(count(*) as bigint) as evidence_row_count
from bought
group by lever, scope_type, scope_name, place, team, cost_pool, usage_date
