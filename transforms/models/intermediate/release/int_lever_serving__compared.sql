{#
    Replay: the busy GPU time of a deployment served as the company has measured that it can be: quantised,
    pruned, distilled, with speculative decoding, larger batches, or on another accelerator. Of a GPU hour
    it needs (GPUs / tokens per second) of the variant over that of the baseline, both of `serving_benchmarks`.
    Another accelerator is paid at its cheapest on-demand offer. What changes the answers must
    have been evaluated, and on every task be good enough as for right-sizing, or saves nothing. Idle
    time is other levers' matter; an outlay is spread over a year.
#}
{% set same_answers = "'speculative_decoding', 'batching', 'accelerators'" %}
with
benchmarks as (
    select
        *,
        {{ quanta('cast(tokens_per_second as decimal(38, 18))') }} as pace
    from {{ ref('stg_reference__serving_benchmarks') }}
),

evaluations as (select * from {{ ref('stg_reference__model_evaluations') }}),

measured as (  {# so that a task on which many models were evaluated is not compared all with all #}
    select distinct
        model,
        variant
    from benchmarks
    where technique <> 'baseline' and model <> variant
),

good_enough as (
    select
        tolerance.usage_date,
        now.model,
        other.model as variant
    from {{ ref('int_lever_assumptions__chosen') }} as tolerance
    inner join evaluations as now on {{ in_force('now', 'tolerance.usage_date') }}  {# those of the day #}
    inner join measured on now.model = measured.model  {# the others were not measured #}
    inner join evaluations as other  {# of the same task #}
        on
            now.task = other.task
            and measured.variant = other.model
            and {{ in_force('other', 'tolerance.usage_date') }}
    where tolerance.lever = 'right_sizing' and tolerance.name = 'quality_tolerance'
    group by tolerance.usage_date, now.model, other.model
    having min(case
        when {{ is_good_enough(
            'now.quality', 'other.quality', quality_variance('now', 'other'), 'tolerance.value'
        ) }} then 1
        else 0
    end) = 1
),

variants as (
    select
        workloads.usage_date,
        workloads.cost_pool,
        workloads.deployment,
        workloads.team,
        workloads.cost,
        workloads.busy_cost,
        other.technique,
        other.variant,
        other.gpu_model,
        other.technique in ({{ same_answers }}) or good_enough.variant is not null as is_good_enough,
        {{ billionths('other.gpu_count * now.pace', 'now.gpu_count * other.pace') }} as needed_billionths,
        {{ floor_divide(quanta('other.one_off_cost'), 365) }} as outlay_quanta,
        case
            when other.gpu_model = workloads.gpu_model then {{ quanta('workloads.busy_cost') }}
            else
                {# The busy part of the hours held, at the price of the other accelerator. #}
                {{ billionths_of(
                    floor_divide('offers.hour_quanta * workloads.held_ms', 3600000),
                    billionths(quanta('workloads.busy_cost'), 'greatest(' ~ quanta('workloads.cost') ~ ', 1)')
                ) }}
        end as replaced_quanta
    from {{ ref('int_lever_gpu_workloads__summed') }} as workloads
    inner join benchmarks as now  {# a deployment that was not measured is not assessed #}
        on
            now.technique = 'baseline'
            and workloads.model = now.model
            and workloads.gpu_model = now.gpu_model
            and {{ in_force('now', 'workloads.usage_date') }}
    inner join benchmarks as other  {# every variant that was measured #}
        on
            workloads.model = other.model
            and other.technique <> 'baseline'
            and (other.technique = 'accelerators') = (workloads.gpu_model <> other.gpu_model)
            and {{ in_force('other', 'workloads.usage_date') }}
    left join {{ ref('int_lever_gpu_offers__priced') }} as offers
        on
            workloads.usage_date = offers.usage_date
            and other.gpu_model = offers.gpu_model
            and offers.pricing_category = 'Standard'
    left join good_enough
        on
            workloads.usage_date = good_enough.usage_date
            and workloads.model = good_enough.model
            and other.variant = good_enough.variant
    where
        workloads.deployment <> 'none'
        and (other.gpu_model = workloads.gpu_model or offers.hour_quanta is not null)
),

compared as (
    select
        *,
        case
            when is_good_enough
                then
                    {{ quanta('busy_cost') }} - {{ billionths_of('replaced_quanta', 'needed_billionths') }}
                    - outlay_quanta
            else 0
        end as saved_quanta
    from variants
),

chosen as (
    select
        technique,
        deployment,
        team,
        variant,
        gpu_model
    from compared
    group by technique, deployment, team, variant, gpu_model
    qualify row_number() over (
        partition by technique, deployment, team
        order by sum(saved_quanta) desc, variant asc, gpu_model asc
    ) = 1
)

select
    technique as lever,
    'deployment' as scope_type,
    deployment || ' as ' || variant || ' on ' || gpu_model as scope_name,
    team,
    cost_pool,
    usage_date,
    cast(sum(busy_cost) as decimal(38, 18)) as baseline_cost,
    cast({{ from_quanta('sum(saved_quanta)') }} as decimal(38, 18)) as saving,
    cast(count(*) as bigint) as evidence_row_count
from compared
inner join chosen using (technique, deployment, team, variant, gpu_model)  {# the others save less #}
group by technique, deployment, variant, gpu_model, team, cost_pool, usage_date
