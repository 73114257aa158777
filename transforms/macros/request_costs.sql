{#
    The cost of requests, derived on read: nothing per request is stored. A request's tokens times its
    pool's integer rates, or, where residency is the basis, what a unit of weight cost between the
    instants at which the request came, gave its first token, and left.
#}
{% macro request_costs_query() %}
{% set instants = ['service_ms', 'first_token_ms', 'completed_ms'] %}
{% set amounts = {} %}
{% for name, column, condition in request_measures() %}
    {% do amounts.update({name: request_cost_quanta(name)}) %}
{% endfor %}
with
{{ phased_requests() }},

rates as (
    {{ rates_by_input_tokens() }}
),

residuals as (
    {{ residuals_of_requests() }}
)

{{ request_cost_columns(
    'rates.deployment is not null or coalesce(service_ms_rates.is_priced or completed_ms_rates.is_priced, false)', amounts
) }}
left join rates on {{ is_in_pool_of('phased', 'rates') }}
left join residuals
    on
        phased.usage_date = residuals.usage_date
        and phased.deployment = residuals.deployment
        and phased.request_id = residuals.request_id
{% for instant in instants %}
left join {{ ref('request_residency') }} as {{ instant }}_window
    on {{ is_in_window_of('phased', 'phased.' ~ instant, instant ~ '_window') }}
left join {{ ref('request_residency_rates') }} as {{ instant }}_rates
    on {{ is_in_hour_of('phased', 'phased.' ~ instant, instant ~ '_rates') }}
{% endfor %}
{% endmacro %}

{#
    The common table expressions of requests with their owner, deployment, quantities and phases, the last of them
    `phased`: of all requests, or of the one whose id `wanted` names, fetched from those of the lake's files in whose
    `ranges` of ids it lies.
#}
{% macro phased_requests(wanted=none, ranges=[]) %}
{% set cte = 'materialized' if wanted else '' %}
{% set quantities = [] %}
{% for token_type, parent, kind in token_types() %}
    {% do quantities.append(token_type ~ '_quantity') %}
{% endfor %}
requests as {{ cte }} (
    select
        request_id,
        started_at,
        completed_at,
        first_token_at,
        cast(started_at as date) as usage_date,
        coalesce(lower(gateway_team), '') as gateway_team,
        coalesce(lower(api_key_alias), '') as api_key_alias,
        coalesce(gen_ai_provider_name, '') as gen_ai_provider_name,
        coalesce(gen_ai_request_model, '') as gen_ai_request_model,
        coalesce(gen_ai_response_model, gen_ai_request_model, '') as gen_ai_response_model,
        coalesce(deployment_id, '') as deployment_id,
        coalesce(replica_id, '') as replica_id,
        coalesce(service_tier, 'standard') as service_tier,
        {{ logged_counts() }},
        status,
        prompt_hmac,
        source_name,
        object_key,
        object_row,
        case when coalesce(is_gateway_cache_hit, false) then 0 else 1 end as is_served
    from {{ requests_of_files(ranges) if ranges else source('landing', 'inference_requests') }}
    {% if wanted %}
    where request_id = {{ wanted }}
    {% if ranges %}
    and {{ may_hold(ranges, wanted) }}
    {% endif %}
    {# An id is that of one row; the limit tells DuckDB so, which else expects a fifth of all rows. #}
    limit 1000
    {% endif %}
),

owned as (
    select
        requests.*,
        owners.team,
        deployments.deployment,
        deployments.model,
        deployments.hosting,
        deployments.purpose,
        methods.allocation_method,
        methods.prefill_weight,
        methods.prefill_us_per_token,
        methods.decode_us_per_token,
        case
            when deployments.hosting = 'api' then cast(requests.usage_date as timestamp)
            else date_trunc('hour', requests.started_at)
        end as pool_start,
        case when deployments.hosting = 'api' then requests.service_tier else 'all' end as rate_tier
    from requests
    left join {{ ref('request_owners') }} as owners using (usage_date, gateway_team, api_key_alias)
    left join {{ ref('request_deployments') }} as deployments
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    left join {{ ref('request_methods') }} as methods using (usage_date, deployment)
),

counted as (
    select
        *,
        {% if wanted %}
        row_number() over () as row_id,
        [{{ token_quantities('owned', '1').values() | join(', ') }}] as quantities
        {% else %}
        {% for token_type, count in token_quantities('owned', '1').items() %}
        cast({{ count }} as {{ integer_type() }}) as {{ token_type }}_quantity{{ ',' if not loop.last }}
        {% endfor %}
        {% endif %}
    from owned
),

phased as {{ cte }} (
    {{ request_phases('counted', [
        'request_id', 'started_at', 'usage_date', 'team', 'model', 'deployment', 'replica_id', 'hosting', 'purpose',
        'pool_start', 'service_tier', 'rate_tier', 'input_tokens', 'cache_read_input_tokens',
        'cache_creation_input_tokens', 'output_tokens', 'status', 'prompt_hmac', 'is_served', 'allocation_method',
        'prefill_weight', 'gateway_team', 'api_key_alias', 'source_name', 'object_key', 'object_row',
    ] + (['row_id', 'quantities'] if wanted else quantities)) }}
)
{% endmacro %}

{# The columns of request_costs from `phased`, given whether there is a price, and an expression of quanta per measure. #}
{% macro request_cost_columns(is_priced, amounts) %}
select
    phased.request_id,
    phased.started_at,
    phased.usage_date,
    phased.team,
    phased.model,
    phased.deployment,
    phased.replica_id,
    phased.hosting,
    phased.purpose,
    phased.service_tier,
    phased.input_tokens,
    phased.cache_read_input_tokens,
    phased.cache_creation_input_tokens,
    phased.output_tokens,
    phased.status,
    run.reporting_currency,
    {% for name, column, condition in request_measures() %}
    case when {{ is_priced }} then {{ from_quanta(amounts[name]) }} end as {{ name }},
    {% endfor %}
    phased.allocation_method,
    {% for instant, name in [
        ('service_ms', 'service_started_at'), ('first_token_ms', 'first_token_at'), ('completed_ms', 'completed_at')
    ] %}
    case when phased.allocation_method = 'residency' and phased.is_served = 1 then
        {{ add_milliseconds('cast(phased.usage_date as timestamp)', 'phased.' ~ instant) }}
    end as {{ name }},
    {% endfor %}
    coalesce(phased.prefill_weight, 1) as prefill_weight,
    case when {{ is_priced }} then 'priced' else 'unpriced' end as cost_status,
    phased.gateway_team,
    phased.api_key_alias,
    phased.prompt_hmac,
    phased.source_name,
    phased.object_key,
    phased.object_row
from phased
cross join (select reporting_currency from {{ source('landing', 'run') }}) as run
{%- endmacro %}

{# Every request lies between two steps of context: one that lies below the first has no lower bound. #}
{% macro rates_by_input_tokens() %}
select
    *,
    case when context_tokens_over = 0 then -1 else context_tokens_over end as input_over,
    coalesce(context_tokens_up_to, 9223372036854775807) as input_up_to
from {{ ref('request_rates') }}
{% endmacro %}

{# What is left over when rates are rounded down, on the request that takes it. #}
{% macro residuals_of_requests(wanted=none) %}
select
    usage_date,
    deployment,
    residual_request_id as request_id,
    {% for name, column, condition in request_measures() %}
    sum({{ name }}_residual) as {{ name }}_residual{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('request_rates') }}
{% if wanted %}
where residual_request_id = {{ wanted }}
{% endif %}
group by usage_date, deployment, residual_request_id
{% endmacro %}

{% macro is_in_pool_of(requests, rates) -%}
    {{ requests }}.usage_date = {{ rates }}.usage_date
        and {{ requests }}.deployment = {{ rates }}.deployment
        and {{ requests }}.pool_start = {{ rates }}.pool_start
        and {{ requests }}.rate_tier = {{ rates }}.service_tier
        and {{ requests }}.input_tokens > {{ rates }}.input_over
        and {{ requests }}.input_tokens <= {{ rates }}.input_up_to
{%- endmacro %}

{# Whether a millisecond of a replica's day lies in the window of a row of request_residency. #}
{% macro is_in_window_of(relation, millisecond, windows) -%}
    {{ relation }}.usage_date = {{ windows }}.usage_date
        and {{ relation }}.deployment = {{ windows }}.deployment
        and {{ relation }}.replica_id = {{ windows }}.replica_id
        and {{ window_of(millisecond) }} = {{ windows }}.window_ms
{%- endmacro %}

{# Whether a millisecond of a replica's day lies in the hour of a row of request_residency_rates. #}
{% macro is_in_hour_of(relation, millisecond, rates) -%}
    {{ relation }}.usage_date = {{ rates }}.usage_date
        and {{ relation }}.deployment = {{ rates }}.deployment
        and {{ relation }}.replica_id = {{ rates }}.replica_id
        and {{ add_milliseconds('cast(' ~ relation ~ '.usage_date as timestamp)', hour_of(millisecond) ~ ' * 3600000') }}
        = {{ rates }}.pool_start
{%- endmacro %}

