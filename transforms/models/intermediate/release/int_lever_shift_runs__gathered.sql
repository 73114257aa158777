{#
    Runs of jobs that can start later, once per lever that moves them, with the energy that would move: what their
    GPUs drew above idle, times the PUE of the place. Idle power is the least that a GPU of the model drew on
    average over a known day: what idle GPUs draw stays. Only runs that are known from start to end, at one place
    and on GPUs of one model, can be moved.
#}
with
idle as (
    select
        gpu_model,
        min({{ floor_divide(
            milliseconds('energy_joules') ~ ' * 1000', milliseconds('metered_seconds')
        ) }}) as milliwatts
    from {{ ref('day_gpu_energy') }}
    where metered_seconds >= 3600
    group by gpu_model
),

nodes as (
    select
        usage_date,
        node,
        max(gpu_model) as gpu_model
    from {{ ref('day_gpu_energy') }}
    group by usage_date, node
),

energy as (
    select
        energy.usage_date,
        energy.workload,
        energy.team,
        {{ workload_pool('energy') }} as cost_pool,
        max(energy.provider) as provider,
        max(energy.region_id) as region_id,
        max(nodes.gpu_model) as gpu_model,
        sum(greatest(
            {{ milliseconds('energy.energy_joules') }}
            - {{ floor_divide(milliseconds('energy.metered_seconds') ~ ' * idle.milliwatts', 1000) }}, 0
        )) as millijoules
    from {{ ref('day_workload_energy') }} as energy
    inner join nodes using (usage_date, node)  {# each node with energy has a meter #}
    inner join idle on nodes.gpu_model = idle.gpu_model  {# without a day of it idle power is not known #}
    where energy.workload <> 'none'
    group by energy.usage_date, energy.workload, energy.team, energy.deployment
    having
        count(distinct nodes.gpu_model) = 1
        and min(energy.provider || ' ' || energy.region_id) = max(energy.provider || ' ' || energy.region_id)
),

attempts as (
    select
        {{ job_key() | join(', ') }},
        attempt,
        usage_date,
        workload,
        {{ milliseconds('held_gpu_seconds') }} as held_ms,
        sum({{ milliseconds('held_gpu_seconds') }}) over (partition by usage_date, workload) as total_ms
    from {{ ref('day_job_attempts') }}
    where workload is not null and held_gpu_seconds > 0
),

levers as (
    select
        usage_date,
        lever,
        cast(value as bigint) as training_hours
    from {{ ref('int_lever_assumptions__chosen') }}
    where lever in ('off_peak', 'carbon_aware') and name = 'training_slack_hours'
),

runs as (
    select
        {% for column in job_key() %}
        runs.{{ column }},
        {% endfor %}
        runs.attempt,
        levers.lever,
        runs.gpu_count,
        {{ milliseconds_between("timestamp '1970-01-01 00:00:00'", 'runs.started_at') }} as started_ms,
        {{ milliseconds_between("timestamp '1970-01-01 00:00:00'", 'runs.ended_at') }} as ended_ms,
        coalesce(
            slack.slack_hours,
            case when runs.purpose in ('training', 'fine_tuning') then levers.training_hours end
        ) as slack_hours,
        dense_rank() over (
            order by runs.scheduler, runs.cluster, runs.job_id, runs.attempt
        ) as run,
        row_number() over (
            partition by levers.lever, runs.scheduler, runs.cluster, runs.job_id, runs.attempt
            order by length(slack.job_name) desc nulls last
        ) as precedence
    from {{ ref('job_runs') }} as runs
    cross join {{ source('landing', 'run') }} as known
    inner join levers on cast(runs.started_at as date) = levers.usage_date  {# every known day has its assumptions #}
    left join {{ ref('stg_reference__job_slack') }} as slack
        on
            (
                runs.job_name = slack.job_name
                or (
                    right(slack.job_name, 1) = '*'
                    and left(runs.job_name, length(slack.job_name) - 1)
                    = left(slack.job_name, length(slack.job_name) - 1)
                )
            )
            and {{ in_force('slack', 'cast(runs.started_at as date)') }}
    where
        runs.outcome not in ('running', 'unrecorded')
        and runs.gpu_count > 0
        and runs.ended_at > runs.started_at
        and runs.started_at >= known.first_usage_date
        and runs.ended_at <= known.usage_date + interval 1 day
)

select
    runs.lever,
    runs.run,
    energy.usage_date,
    coalesce(named.work, energy.workload) as scope_name,
    energy.team,
    energy.cost_pool,
    energy.provider,
    energy.region_id,
    energy.provider || ' ' || energy.region_id || ' ' || energy.gpu_model as gpu_pool,
    runs.gpu_count,
    runs.started_ms,
    runs.ended_ms,
    runs.slack_hours,
    cast({{ floor_divide(
        'cast(' ~ scaled('energy.millijoules', 'attempts.held_ms', 'attempts.total_ms') ~ ' as ' ~ integer_type()
        ~ ') * coalesce(factors.pue_millionths, 1000000)', 1000000
    ) }} as {{ integer_type() }}) as facility_millijoules
from runs
inner join attempts using ({{ job_key() | join(', ') }}, attempt)  {# a run whose GPUs nobody saw moves nothing #}
inner join energy  {# nor does one without a meter #}
    on attempts.usage_date = energy.usage_date and attempts.workload = energy.workload
left join {{ ref('int_energy_factors__chosen') }} as factors
    on
        energy.usage_date = factors.usage_date
        and energy.provider = factors.provider
        and energy.region_id = factors.region_id
left join {{ ref('int_lever_work__named') }} as named on energy.workload = named.workload
where runs.slack_hours > 0 and runs.precedence = 1
