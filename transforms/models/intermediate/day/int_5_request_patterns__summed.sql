{#
    Calls that reached a model API, told apart by what need not have been paid as it was: those that failed,
    those that can wait, and those whose prompt, known by its keyed hash, came before. A caller's prompt
    that comes again to the same model is a duplicate while the call before it is unanswered, else a
    repeat so many minutes after that answer. A day stands alone: the first call of a prompt on a day is
    a first. Only prompts that come twice are put in order, found by the beginning of their hash: that
    keeps memory small.
#}
{% set ladder = [5, 15, 60, 240] %}
{% set caller = ['usage_date', 'deployment', 'model', 'purpose', 'gateway_team', 'api_key_alias'] %}
{# Not a common table expression: DuckDB would keep all calls of the day in memory to read them again. #}
{% set calls %}
(
    select
        requests.*,
        deployments.deployment,
        deployments.model,
        deployments.purpose,
        left(requests.prompt_hmac, 12) as beginning,
        requests.status <> '' as is_status_known,
        requests.status not in ('success', '') as is_failed,
        {{ says_it_can_wait('requests.request_tags') }} as can_wait,
        {{ task_of('requests.request_tags', 'requests.api_key_alias') }} as task
    from {{ ref('stg_inference__requests') }} as requests
    inner join {{ ref('int_5_request_deployments__resolved') }} as deployments  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    where deployments.hosting = 'api' and not requests.is_gateway_cache_hit
) as calls
{% endset %}
with
steps as (
    {{ context_steps() }}
),

beginnings as (
    select beginning
    from {{ calls }}
    where beginning is not null
    group by beginning
    having count(*) > 1
),

ordered as (
    select
        *,
        lag(coalesce(completed_at, started_at)) over (
            partition by {{ caller | join(', ') }}, gen_ai_request_model, gen_ai_operation_name,
                prompt_hmac
            order by started_at, request_id
        ) as answered_at
    from {{ calls }}
    where not is_failed and beginning in (select beginning from beginnings)

    union all

    select
        *,
        cast(null as timestamp) as answered_at
    from {{ calls }}
    where is_failed or beginning is null or beginning not in (select beginning from beginnings)
)

select
    {% for column in caller %}
    ordered.{{ column }},
    {% endfor %}
    ordered.task,
    ordered.service_tier,
    {{ context_step('ordered.input_tokens') }} as context_step,
    ordered.is_status_known,
    ordered.can_wait,
    case
        when ordered.is_failed then 'failed'
        when ordered.prompt_hmac is null then 'other'
        when ordered.answered_at is null then 'first'
        when ordered.answered_at > ordered.started_at then 'duplicate'
        else 'repeat'
    end as request_pattern,
    case
        when ordered.answered_at is null or ordered.answered_at > ordered.started_at then 0
        {% for minutes in ladder %}
        when {{ milliseconds_between('ordered.answered_at', 'ordered.started_at') }} <= {{ minutes * 60000 }}
            then {{ minutes }}
        {% endfor %}
        else 1440
    end as repeated_within_minutes,
    count(*) as request_count,
    {% for token_type, quantity in token_quantities('ordered', '1').items() %}
    sum({{ quantity }}) as {{ token_type }}_quantity{{ ',' if not loop.last }}
    {% endfor %}
from ordered
cross join steps
group by all
