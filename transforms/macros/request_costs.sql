{#
    The cost of requests, derived on read: nothing per request is stored. A request's tokens times its
    pool's integer rates, or, where residency is the basis, what a unit of weight cost between the
    instants at which the request came, gave its first token, and left.

    Without `wanted` of all requests, as a view. With it, of the one whose id that names: then the row
    is fetched first, from those of the lake's files whose `ranges` of ids it lies in, and only the windows in
    which it came and left are read. A view cannot say so: DuckDB plans its joins before it knows that the filter
    leaves one row, and hashes every window there is.
#}
{% macro request_costs_query(wanted=none, ranges=[]) %}
{% set cte = 'materialized' if wanted else '' %}
{% set instants = ['service_ms', 'first_token_ms', 'completed_ms'] %}
{# A single request's windows are fetched with the rates of their hours. #}
{% set hour = '_window' if wanted else '_rates' %}
{% set is_priced -%}
(rates.deployment is not null or coalesce(service_ms{{ hour }}.is_priced or completed_ms{{ hour }}.is_priced, false))
{%- endset %}
{% set quantities = [] %}
{% for token_type, parent, kind in token_types() %}
    {% do quantities.append(token_type ~ '_quantity') %}
{% endfor %}
with
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
        {% for token_type, count in token_quantities('owned', '1').items() %}
        cast({{ count }} as {{ integer_type() }}) as {{ token_type }}_quantity{{ ',' if not loop.last }}
        {% endfor %}
    from owned
),

phased as {{ cte }} (
    {{ request_phases('counted', [
        'request_id', 'started_at', 'usage_date', 'team', 'model', 'deployment', 'replica_id', 'hosting', 'purpose',
        'pool_start', 'service_tier', 'rate_tier', 'input_tokens', 'cache_read_input_tokens',
        'cache_creation_input_tokens', 'output_tokens', 'status', 'prompt_hmac', 'is_served', 'allocation_method', 'prefill_weight', 'gateway_team', 'api_key_alias',
        'source_name', 'object_key', 'object_row',
    ] + quantities) }}
),

{% if wanted %}
windows as materialized (
    {{ windows_of('phased', instants) }}
),
{% endif %}

{# Every request lies between two steps: one that lies below the first has no lower bound. #}
rates as (
    select
        *,
        case when context_tokens_over = 0 then -1 else context_tokens_over end as input_over,
        coalesce(context_tokens_up_to, 9223372036854775807) as input_up_to
    from {{ ref('request_rates') }}
),

residuals as (
    select
        usage_date,
        deployment,
        residual_request_id as request_id,
        {% for name, column, condition in request_measures() %}
        sum({{ name }}_residual) as {{ name }}_residual{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('request_rates') }}
    group by usage_date, deployment, residual_request_id
)

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
    case when {{ is_priced }} then {{ from_quanta(request_cost_quanta(name, hour)) }} end as {{ name }},
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
left join rates
    on
        phased.usage_date = rates.usage_date
        and phased.deployment = rates.deployment
        and phased.pool_start = rates.pool_start
        and phased.rate_tier = rates.service_tier
        and phased.input_tokens > rates.input_over
        and phased.input_tokens <= rates.input_up_to
left join residuals
    on
        phased.usage_date = residuals.usage_date
        and phased.deployment = residuals.deployment
        and phased.request_id = residuals.request_id
{% for instant in instants %}
left join {{ 'windows' if wanted else ref('request_residency') }} as {{ instant }}_window
    on
        phased.usage_date = {{ instant }}_window.usage_date
        and phased.deployment = {{ instant }}_window.deployment
        and phased.replica_id = {{ instant }}_window.replica_id
        and {{ window_of('phased.' ~ instant) }} = {{ instant }}_window.window_ms
{% if not wanted %}
left join {{ ref('request_residency_rates') }} as {{ instant }}_rates
    on {{ is_in_hour_of('phased', 'phased.' ~ instant, instant ~ '_rates') }}
{% endif %}
{% endfor %}
{% endmacro %}

{# The windows of residency in which requests came, gave their first token, or left, with the rates of their hours. #}
{% macro windows_of(requests, instants) %}
select
    windows.*,
    rates.residency_before,
    rates.is_priced,
    {% for name, column, condition in request_measures() %}
    cast(rates.{{ name }}_before as {{ integer_type() }}) as {{ name }}_before,
    cast(rates.{{ name }}_per_residency as {{ integer_type() }}) as {{ name }}_per_residency{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('request_residency') }} as windows
semi join (
    select
        usage_date,
        deployment,
        replica_id,
        unnest([{% for instant in instants %}{{ window_of(instant) }}{{ ', ' if not loop.last }}{% endfor %}]) as window_ms
    from {{ requests }}
) as wanted_windows
    on
        windows.usage_date = wanted_windows.usage_date
        and windows.deployment = wanted_windows.deployment
        and windows.replica_id = wanted_windows.replica_id
        and windows.window_ms = wanted_windows.window_ms
left join {{ ref('request_residency_rates') }} as rates
    on {{ is_in_hour_of('windows', 'windows.window_ms', 'rates') }}
{% endmacro %}

{# Whether a millisecond of a replica's day lies in the hour of a row of request_residency_rates. #}
{% macro is_in_hour_of(relation, millisecond, rates) -%}
    {{ relation }}.usage_date = {{ rates }}.usage_date
        and {{ relation }}.deployment = {{ rates }}.deployment
        and {{ relation }}.replica_id = {{ rates }}.replica_id
        and {{ add_milliseconds('cast(' ~ relation ~ '.usage_date as timestamp)', hour_of(millisecond) ~ ' * 3600000') }}
        = {{ rates }}.pool_start
{%- endmacro %}

{# The lake's files of requests: path, smallest and largest id, as SQL strings; empty where a file does not say. #}
{% macro ranges_of_ids() %}
{% set ranges = [] %}
{% if execute %}
    {% set paths = [] %}
    {% for row in run_query("
        select '''' || replace(path, '''', '''''') || '''' from " ~ source('landing', 'lake_files') ~ "
        where table_name = 'inference_requests' order by path
    ").rows %}
        {% do paths.append(row[0]) %}
    {% endfor %}
    {% if paths %}
        {% for row in run_query("
            select
                '''' || replace(file_name, '''', '''''') || '''',
                case when count(stats_min_value) = count(*) then '''' || replace(min(stats_min_value), '''', '''''') || '''' end,
                case when count(stats_max_value) = count(*) then '''' || replace(max(stats_max_value), '''', '''''') || '''' end
            from parquet_metadata([" ~ paths | join(', ') ~ "])
            where path_in_schema = 'request_id' group by file_name order by file_name
        ").rows %}
            {% do ranges.append((row[0], row[1], row[2])) %}
        {% endfor %}
    {% endif %}
{% endif %}
{{ return(ranges) }}
{% endmacro %}

{% macro requests_of_files(ranges) -%}
    read_parquet([{{ ranges | map(attribute=0) | join(', ') }}], hive_partitioning = false, filename = true)
{%- endmacro %}

{# Whether a row's file may hold an id. DuckDB asks it once a file, and opens none of which it is not true. #}
{% macro may_hold(ranges, wanted) -%}
    list_contains([
        {% for path, first, last in ranges %}
        {% if first and last %}
        case when {{ wanted }} between {{ first }} and {{ last }} then {{ path }} end{{ ',' if not loop.last }}
        {% else %}
        {{ path }}{{ ',' if not loop.last }}
        {% endif %}
        {% endfor %}
    ], filename)
{%- endmacro %}

{# `from request_cost('…')`: a row of request_costs by its id, a function of the published file. #}
{% macro publish_request_cost() %}{{ return(adapter.dispatch('publish_request_cost', 'apportion')()) }}{% endmacro %}
{% macro default__publish_request_cost() %}
create or replace macro {{ this.schema }}.request_cost(wanted_request_id) as table
{{ request_costs_query('wanted_request_id', ranges_of_ids()) }}
{% endmacro %}
{% macro spark__publish_request_cost() %}{% endmacro %}
