{#
    Replay: the part of a task's context that the company's trial did without is not sent. With 95 % confidence the
    model must be at most the tolerance worse without it, as for a smaller model; else nothing is saved.
#}
with
tolerance as (
    {{ quality_tolerance() }}
)

select
    'oversized_context' as lever,
    'task' as scope_type,
    calls.task || ' on ' || calls.deployment as scope_name,
    calls.team,
    'deployment ' || calls.deployment as cost_pool,
    calls.usage_date,
    calls.input_cost as baseline_cost,
    cast(case
        when {{ is_good_enough(
            'whole.quality', 'trials.quality', quality_variance('whole', 'trials'), 'tolerance.value'
        ) }}
            then {{ from_quanta(
                billionths_of(quanta('calls.input_cost'), in_billionths('trials.removable_input_share'))
            ) }}
        else 0
    end as decimal(38, 18)) as saving,
    cast(calls.request_count as bigint) as evidence_row_count
from {{ ref('int_lever_task_calls__summed') }} as calls
inner join {{ ref('stg_reference__context_trials') }} as trials  {# without a trial nothing is known #}
    on calls.task = trials.task and calls.model = trials.model and {{ in_force('trials', 'calls.usage_date') }}
inner join {{ ref('stg_reference__model_evaluations') }} as whole  {# nothing to compare it with #}
    on calls.task = whole.task and calls.model = whole.model and {{ in_force('whole', 'calls.usage_date') }}
inner join tolerance on calls.usage_date = tolerance.usage_date  {# every known day has its assumption #}
