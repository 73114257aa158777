{#
    Tokens by the engines' own counters against those of the request log: what an engine processed and
    no log knows of is served by somebody. Counters count from the first sample of the day, and from
    nothing where an engine started anew.
#}
with
steps as (
    select
        usage_date,
        served_model,
        direction,
        counted_tokens,
        lag(counted_tokens) over (
            partition by usage_date, labels, direction order by sample_at
        ) as previous_tokens
    from {{ ref('stg_prometheus__engine_counters') }}
),

counted as (
    select
        usage_date,
        served_model,
        {% for direction in ['input', 'output'] %}
        coalesce(sum(case
            when counted_tokens >= previous_tokens then counted_tokens - previous_tokens
            when previous_tokens is not null then counted_tokens
        end) filter (where direction = '{{ direction }}'), 0) as {{ direction }}_tokens{{ ',' if not loop.last }}
        {% endfor %}
    from steps
    group by usage_date, served_model
),

named as (
    select
        counted.*,
        coalesce(deployments.deployment, counted.served_model) as deployment,
        coalesce(deployments.model, counted.served_model) as model,
        row_number() over (
            partition by counted.usage_date, counted.served_model
            order by
                case when deployments.deployment = counted.served_model then 1 else 2 end,
                deployments.deployment
        ) as precedence
    from counted
    left join {{ ref('stg_reference__deployments') }} as deployments  {# an engine that no table names #}
        on
            {{ in_force('deployments', 'counted.usage_date') }}
            and deployments.hosting <> 'api'
            and counted.served_model in (deployments.deployment, deployments.request_model, deployments.model)
),

engines as (
    select
        usage_date,
        deployment,
        max(model) as model,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens
    from named
    where precedence = 1
    group by usage_date, deployment
),

logged as (
    select
        usage_date,
        deployment,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens
    from {{ ref('day_request_usage') }}
    group by usage_date, deployment
)

select
    engines.usage_date,
    engines.deployment,
    engines.model,
    cast(engines.input_tokens as bigint) as engine_input_tokens,
    cast(engines.output_tokens as bigint) as engine_output_tokens,
    cast(coalesce(logged.input_tokens, 0) as bigint) as logged_input_tokens,
    cast(coalesce(logged.output_tokens, 0) as bigint) as logged_output_tokens
from engines
left join logged using (usage_date, deployment)  {# an engine of which no request was logged #}
