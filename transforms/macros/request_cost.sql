{#
    `from request_cost('…')`: a row of request_costs by its id, a function of the published file.

    It adds up, over the token types and instants of the one request, what the view spells out in columns. A view
    cannot answer for one request as fast: DuckDB plans its joins before it knows that the filter leaves one row, hashes
    every window there is, and sets up each of the view's hundreds of intermediate columns for two thousand rows.
#}
{% macro publish_request_cost() %}{{ return(adapter.dispatch('publish_request_cost', 'apportion')()) }}{% endmacro %}
{% macro default__publish_request_cost() %}
create or replace macro {{ this.schema }}.request_cost(wanted_request_id) as table
{{ request_cost_query('wanted_request_id', ranges_of_ids()) }}
{% endmacro %}
{% macro spark__publish_request_cost() %}{% endmacro %}

{% macro request_cost_query(wanted, ranges) %}
{% set amounts = {} %}
{% for name, column, condition in request_measures() %}
    {% do amounts.update({name:
        'phased.is_served * case when phased.allocation_method = \'residency\' then coalesce(in_flight.' ~ name ~ ', 0)'
        ~ ' else by_tokens.' ~ name ~ ' end + coalesce(cast(residuals.' ~ name ~ '_residual as ' ~ integer_type() ~ '), 0)'
    }) %}
{% endfor %}
with
{{ phased_requests(wanted, ranges) }},

rates as (
    select
        usage_date,
        deployment,
        pool_start,
        service_tier,
        input_over,
        input_up_to,
        {% for name, column, condition in request_measures() %}
        [
            {% for token_type, parent, kind in token_types() %}
            {{ name }}_per_{{ token_type }}{{ ',' if not loop.last }}
            {% endfor %}
        ] as {{ name }}_rates{{ ',' if not loop.last }}
        {% endfor %}
    from (
        {{ rates_by_input_tokens() }}
    )
),

by_tokens as (
    select
        row_id,
        {% for name, column, condition in request_measures() %}
        sum(quantity * cast({{ name }}_rate as {{ integer_type() }})) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            phased.row_id,
            {% for name, column, condition in request_measures() %}
            unnest(rates.{{ name }}_rates) as {{ name }}_rate,
            {% endfor %}
            unnest(phased.quantities) as quantity
        from phased
        inner join rates on {{ is_in_pool_of('phased', 'rates') }}
    )
    group by row_id
),

{# A request without a first token has one weight from its start to its end. #}
instants as (
    select
        row_id,
        usage_date,
        deployment,
        replica_id,
        unnest([service_ms, first_token_ms, completed_ms]) as instant_ms,
        unnest([
            case when first_token_ms is null then -1 else -prefill_weight end, prefill_weight - 1, 1
        ]) as weight,
        unnest([1, 0, 1]) as is_bound
    from phased
    where allocation_method = 'residency'
),

in_flight as (
    select
        instants.row_id,
        bool_or(rates.is_priced and instants.is_bound = 1) as is_priced,
        {% for name, column, condition in request_measures() %}
        case when count({{ name }}_before) filter (where is_bound = 1) = 2 then
            sum(instants.weight * {{ cost_of_weight_by('instants.instant_ms', name, 'windows', 'rates') }})
        end as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from instants
    inner join {{ ref('request_residency') }} as windows
        on {{ is_in_window_of('instants', 'instants.instant_ms', 'windows') }}
    left join {{ ref('request_residency_rates') }} as rates
        on {{ is_in_hour_of('instants', 'instants.instant_ms', 'rates') }}
    group by instants.row_id
),

residuals as (
    {{ residuals_of_requests(wanted) }}
)

{{ request_cost_columns('by_tokens.row_id is not null or coalesce(in_flight.is_priced, false)', amounts) }}
left join by_tokens on phased.row_id = by_tokens.row_id
left join in_flight on phased.row_id = in_flight.row_id
left join residuals
    on
        phased.usage_date = residuals.usage_date
        and phased.deployment = residuals.deployment
        and phased.request_id = residuals.request_id
{% endmacro %}

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

