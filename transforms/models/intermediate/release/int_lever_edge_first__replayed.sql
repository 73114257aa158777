{#
    Replay of a cascade: a small model on the device answers, and a verifier sends on what it takes for wrong. What is
    sent on costs its call as before; every call costs its part on the device, so one that is sent on is paid twice. What the
    company measured says how many are: p right answers, of the wrong ones a share c caught, of the right ones a share f:
    (1 - p) c + p f. At worst every wrong answer that is not caught was right before: (1 - p)(1 - c) of quality is lost.
#}
with
tolerance as (
    {{ quality_tolerance() }}
),

replayed as (
    select
        calls.*,
        trials.model as device_model,
        case
            when {{ is_good_enough(
                '(1 - small.quality) * (1 - trials.caught_wrong_share)', '0',
                'power(cast(small.quality_standard_error * (1 - trials.caught_wrong_share) as double), 2)', 'tolerance.value'
            ) }}
                then {{ quanta('calls.cost') }}
                - {{ billionths_of(quanta('calls.cost'), in_billionths(
                    '(1 - small.quality) * trials.caught_wrong_share + small.quality * trials.caught_right_share'
                )) }}
                - {{ quanta('trials.cost_per_request') }} * calls.request_count
            else 0
        end as saved_quanta
    from {{ ref('int_lever_task_calls__summed') }} as calls
    inner join {{ ref('stg_reference__device_trials') }} as trials  {# without a trial nothing is known #}
        on calls.task = trials.task and {{ in_force('trials', 'calls.usage_date') }}
    inner join {{ ref('stg_reference__model_evaluations') }} as small  {# how often it is right #}
        on trials.task = small.task and trials.model = small.model and {{ in_force('small', 'calls.usage_date') }}
    inner join tolerance on calls.usage_date = tolerance.usage_date  {# every known day has its assumption #}
),

chosen as (
    select
        team,
        deployment,
        task,
        device_model
    from replayed
    group by team, deployment, task, device_model
    qualify row_number() over (
        partition by team, deployment, task order by sum(saved_quanta) desc, device_model asc
    ) = 1
)

select
    'edge_first' as lever,
    'task' as scope_type,
    task || ' on ' || deployment || ' behind ' || device_model as scope_name,
    team,
    'deployment ' || deployment as cost_pool,
    usage_date,
    cost as baseline_cost,
    {{ from_quanta('saved_quanta') }} as saving,
    cast(request_count as bigint) as evidence_row_count
from replayed
inner join chosen using (team, deployment, task, device_model)  {# the others save less #}
