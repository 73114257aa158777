{#
    Replay: the share of a task's calls that the company's trial found alike is answered from a cache. Every prompt is
    embedded; a wrong hit saves nothing and is asked again, so it costs its call a second time. Where not enough hits
    were judged, or more than the limit may be wrong with 95 % confidence, nothing is saved.
#}
with
limits as (
    select
        usage_date,
        max(case when name = 'false_hit_limit' then value end) as false_hit_limit,
        max(case when name = 'minimum_judged_hits' then value end) as minimum_judged_hits
    from {{ ref('int_lever_assumptions__chosen') }}
    where lever = 'semantic_cache'
    group by usage_date
),

trials as (
    select
        calls.*,
        trials.judged_hits >= limits.minimum_judged_hits
        and {{ wilson_upper('trials.false_hits', 'trials.judged_hits') }} <= limits.false_hit_limit as is_good_enough,
        {{ floor_divide(
            in_billionths('trials.hit_share') ~ ' * (trials.judged_hits - 2 * trials.false_hits)', 'trials.judged_hits'
        ) }} as saved_billionths,
        {{ quanta('trials.embedding_price_per_token') }} * calls.input_tokens as embedding_quanta
    from {{ ref('int_lever_task_calls__summed') }} as calls
    inner join {{ ref('stg_reference__semantic_cache_trials') }} as trials  {# without a trial nothing is known #}
        on calls.task = trials.task and {{ in_force('trials', 'calls.usage_date') }}
    inner join limits on calls.usage_date = limits.usage_date  {# every known day has its assumption #}
)

select
    'semantic_cache' as lever,
    'task' as scope_type,
    task || ' on ' || deployment as scope_name,
    team,
    'deployment ' || deployment as cost_pool,
    usage_date,
    cast(cost as decimal(38, 18)) as baseline_cost,
    cast(case
        when is_good_enough
            then {{ from_quanta(billionths_of(quanta('cost'), 'saved_billionths') ~ ' - embedding_quanta') }}
        else 0
    end as decimal(38, 18)) as saving,
    cast(request_count as bigint) as evidence_row_count
from trials
where cost > 0
