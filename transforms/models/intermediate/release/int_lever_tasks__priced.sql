{#
    What the calls of a task to a model API would have cost with each other model that was evaluated on the
    task: their tokens, output longer or shorter as evaluated, at the cheapest list price of the day's
    providers. Failed calls are left out. Quality counts per request.
#}
with
calls as (select * from {{ ref('int_lever_task_calls__summed') }}),

evaluations as (select * from {{ ref('stg_reference__model_evaluations') }}),

priced as (
    select
        calls.usage_date,
        calls.team,
        calls.deployment,
        calls.task,
        calls.request_count,
        calls.cost,
        now.quality,
        other.model as other_model,
        other.quality as other_quality,
        {{ quality_variance('now', 'other') }} as variance,
        offers.gen_ai_provider_name as other_provider_name,
        calls.uncached_input_tokens * cast(offers.input_price_quanta as {{ integer_type() }})
        + calls.cache_read_tokens * coalesce(offers.cache_read_price_quanta, offers.input_price_quanta)
        + calls.cache_creation_tokens * coalesce(offers.cache_creation_price_quanta, offers.input_price_quanta)
        + {{ floor_divide(
            'calls.output_tokens * ' ~ quanta('cast(other.output_token_ratio as decimal(38, 18))') ~ ' + ' ~ quanta('cast(now.output_token_ratio as decimal(38, 18))') ~ ' - 1',
            quanta('cast(now.output_token_ratio as decimal(38, 18))')
        ) }} * coalesce(offers.output_price_quanta, 0) as quanta
    from calls
    inner join evaluations as now  {# a task without an evaluation is not assessed #}
        on calls.task = now.task and calls.model = now.model and {{ in_force('now', 'calls.usage_date') }}
    inner join evaluations as other  {# every other model of the task #}
        on
            calls.task = other.task
            and calls.model <> other.model
            and {{ in_force('other', 'calls.usage_date') }}
    inner join {{ ref('int_lever_offers__priced') }} as offers  {# one that nobody sells cannot be called #}
        on
            calls.usage_date = offers.usage_date
            and other.model = offers.model
            and (offers.output_price_quanta is not null or calls.output_tokens = 0)
)

select
    usage_date,
    team,
    deployment,
    task,
    other_model || ' at ' || other_provider_name as alternative,
    other_model,
    quality,
    other_quality,
    variance,
    cast(request_count as bigint) as request_count,
    cast(cost as decimal(38, 18)) as cost,
    cast({{ from_quanta('quanta') }} as decimal(38, 18)) as other_cost
from priced
qualify row_number() over (
    partition by usage_date, team, deployment, task, other_model order by quanta, other_provider_name
) = 1
