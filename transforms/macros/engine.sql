{# Everything that DuckDB and Spark spell differently. Models use these and nothing else. #}

{# DECIMAL(38,18) to an integer count of 10^-18; the text has exactly 18 decimals. #}
{% macro quanta(amount) -%}{{ return(adapter.dispatch('quanta', 'apportion')(amount)) }}{%- endmacro %}
{% macro default__quanta(amount) -%}
    cast(replace(cast({{ amount }} as varchar), '.', '') as hugeint)
{%- endmacro %}
{% macro spark__quanta(amount) -%}
    cast(replace(format_number({{ amount }}, '0.000000000000000000'), '.', '') as decimal(38, 0))
{%- endmacro %}

{# An integer count of 10^-18 back to DECIMAL(38,18). #}
{% macro from_quanta(quanta) -%}{{ return(adapter.dispatch('from_quanta', 'apportion')(quanta)) }}{%- endmacro %}
{% macro default__from_quanta(quanta) -%}
    cast(cast({{ quanta }} as decimal(38, 0)) * cast(0.000000000000000001 as decimal(18, 18)) as decimal(38, 18))
{%- endmacro %}
{% macro spark__from_quanta(quanta) -%}
    cast(concat(cast({{ quanta }} as string), 'E-18') as decimal(38, 18))
{%- endmacro %}

{# An integer count of 10^-27 to DECIMAL(38,27). #}
{% macro from_billionths_of_quanta(count) -%}
    {{ return(adapter.dispatch('from_billionths_of_quanta', 'apportion')(count)) }}
{%- endmacro %}
{% macro default__from_billionths_of_quanta(count) -%}
    cast(
        cast({{ count }} as decimal(20, 0)) * cast(0.000000000000000001 as decimal(18, 18))
        * cast(0.000000001 as decimal(9, 9)) as decimal(38, 27)
    )
{%- endmacro %}
{% macro spark__from_billionths_of_quanta(count) -%}
    cast(concat(cast({{ count }} as string), 'E-27') as decimal(38, 27))
{%- endmacro %}

{# The type of quanta and of every weight. #}
{% macro integer_type() -%}{{ return(adapter.dispatch('integer_type', 'apportion')()) }}{%- endmacro %}
{% macro default__integer_type() -%}hugeint{%- endmacro %}
{% macro spark__integer_type() -%}decimal(38, 0){%- endmacro %}

{# Integer division truncated towards zero. #}
{% macro floor_divide(numerator, denominator) -%}
    {{ return(adapter.dispatch('floor_divide', 'apportion')(numerator, denominator)) }}
{%- endmacro %}
{% macro default__floor_divide(numerator, denominator) -%}(({{ numerator }}) // ({{ denominator }})){%- endmacro %}
{% macro spark__floor_divide(numerator, denominator) -%}(({{ numerator }}) div ({{ denominator }})){%- endmacro %}

{# One row per member of a JSON object of strings: columns entry_key, entry_value. #}
{% macro json_entries(relation, json_column, columns) -%}
    {{ return(adapter.dispatch('json_entries', 'apportion')(relation, json_column, columns)) }}
{%- endmacro %}
{% macro default__json_entries(relation, json_column, columns) -%}
    select
        {{ columns | join(', ') }},
        entry.key as entry_key,
        entry.value as entry_value
    from (
        select
            {{ columns | join(', ') }},
            unnest(map_entries(json_transform({{ json_column }}, '"MAP(VARCHAR,VARCHAR)"'))) as entry
        from {{ relation }}
        where {{ json_column }} is not null
    )
{%- endmacro %}
{% macro spark__json_entries(relation, json_column, columns) -%}
    select
        {{ columns | join(', ') }},
        entry_key,
        entry_value
    from {{ relation }}
    lateral view explode(from_json({{ json_column }}, 'map<string,string>')) entries as entry_key, entry_value
{%- endmacro %}

{# A member of a JSON object as text; null where it is missing. #}
{% macro json_text(column, key) -%}{{ return(adapter.dispatch('json_text', 'apportion')(column, key)) }}{%- endmacro %}
{% macro default__json_text(column, key) -%}json_extract_string({{ column }}, '$."{{ key }}"'){%- endmacro %}
{% macro spark__json_text(column, key) -%}get_json_object({{ column }}, '$["{{ key }}"]'){%- endmacro %}

{# Milliseconds from one instant to another. #}
{% macro milliseconds_between(start_at, end_at) -%}
    {{ return(adapter.dispatch('milliseconds_between', 'apportion')(start_at, end_at)) }}
{%- endmacro %}
{% macro default__milliseconds_between(start_at, end_at) -%}
    (epoch_ms({{ end_at }}) - epoch_ms({{ start_at }}))
{%- endmacro %}
{% macro spark__milliseconds_between(start_at, end_at) -%}
    (unix_millis({{ end_at }}) - unix_millis({{ start_at }}))
{%- endmacro %}

{# An instant moved by a number of milliseconds. #}
{% macro add_milliseconds(instant, milliseconds) -%}
    {{ return(adapter.dispatch('add_milliseconds', 'apportion')(instant, milliseconds)) }}
{%- endmacro %}
{% macro default__add_milliseconds(instant, milliseconds) -%}
    ({{ instant }} + to_milliseconds({{ milliseconds }}))
{%- endmacro %}
{% macro spark__add_milliseconds(instant, milliseconds) -%}
    timestamp_millis(unix_millis({{ instant }}) + {{ milliseconds }})
{%- endmacro %}

{# Milliseconds from the midnight that starts a day. #}
{% macro millisecond_of_day(instant, day) -%}
    {{ milliseconds_between('cast(' ~ day ~ ' as timestamp)', instant) }}
{%- endmacro %}

{# Every step of a range of instants, one row each: column named `as_name`. #}
{% macro instants(first_at, last_at, step) -%}
    {{ return(adapter.dispatch('instants', 'apportion')(first_at, last_at, step)) }}
{%- endmacro %}
{% macro default__instants(first_at, last_at, step) -%}
    unnest(generate_series({{ first_at }}, {{ last_at }}, interval 1 {{ step }}))
{%- endmacro %}
{% macro spark__instants(first_at, last_at, step) -%}
    explode(sequence({{ first_at }}, {{ last_at }}, interval 1 {{ step }}))
{%- endmacro %}

{# The same day of the month a number of months later; the last of the month where it has no such day. #}
{% macro months_after(day, months) -%}{{ return(adapter.dispatch('months_after', 'apportion')(day, months)) }}{%- endmacro %}
{% macro default__months_after(day, months) -%}cast({{ day }} + to_months(cast({{ months }} as integer)) as date){%- endmacro %}
{% macro spark__months_after(day, months) -%}add_months({{ day }}, cast({{ months }} as int)){%- endmacro %}

{# The day of a UTC instant in a time zone, given by its IANA name. #}
{% macro local_date(instant, zone) -%}
    {{ return(adapter.dispatch('local_date', 'apportion')(instant, zone)) }}
{%- endmacro %}
{% macro default__local_date(instant, zone) -%}
    cast(timezone({{ zone }}, timezone('UTC', {{ instant }})) as date)
{%- endmacro %}
{% macro spark__local_date(instant, zone) -%}
    cast(from_utc_timestamp({{ instant }}, {{ zone }}) as date)
{%- endmacro %}

{# The part of a text that matches a pattern; empty text where nothing does. #}
{% macro regexp_part(column, pattern) -%}
    {{ return(adapter.dispatch('regexp_part', 'apportion')(column, pattern)) }}
{%- endmacro %}
{% macro default__regexp_part(column, pattern) -%}regexp_extract({{ column }}, '{{ pattern }}'){%- endmacro %}
{% macro spark__regexp_part(column, pattern) -%}regexp_extract({{ column }}, '{{ pattern }}', 0){%- endmacro %}

{# Every word of a text of words between single spaces, one row each. #}
{% macro each_word(column) -%}{{ return(adapter.dispatch('each_word', 'apportion')(column)) }}{%- endmacro %}
{% macro default__each_word(column) -%}unnest(string_split({{ column }}, ' ')){%- endmacro %}
{% macro spark__each_word(column) -%}explode(split({{ column }}, ' ')){%- endmacro %}

{# The numbers from 1 to another, one row each. #}
{% macro numbers_to(last) -%}{{ return(adapter.dispatch('numbers_to', 'apportion')(last)) }}{%- endmacro %}
{% macro default__numbers_to(last) -%}unnest(generate_series(1, cast({{ last }} as bigint))){%- endmacro %}
{% macro spark__numbers_to(last) -%}explode(sequence(1, cast({{ last }} as bigint))){%- endmacro %}

{# The different values of a column in one list; null for none. #}
{% macro distinct_list(column) -%}{{ return(adapter.dispatch('distinct_list', 'apportion')(column)) }}{%- endmacro %}
{% macro default__distinct_list(column) -%}list(distinct {{ column }}){%- endmacro %}
{% macro spark__distinct_list(column) -%}collect_set({{ column }}){%- endmacro %}

{# The largest number of a list that is smaller than a number. #}
{% macro largest_below(listed, number) -%}
    {{ return(adapter.dispatch('largest_below', 'apportion')(listed, number)) }}
{%- endmacro %}
{% macro default__largest_below(listed, number) -%}
    list_max(list_filter({{ listed }}, lambda step: step < {{ number }}))
{%- endmacro %}
{% macro spark__largest_below(listed, number) -%}array_max(filter({{ listed }}, step -> step < {{ number }})){%- endmacro %}

{# Milliseconds as DECIMAL(18,3) seconds, without a division. #}
{% macro seconds(milliseconds) -%}
    cast(cast({{ milliseconds }} as decimal(18, 0)) * cast(0.001 as decimal(4, 3)) as decimal(18, 3))
{%- endmacro %}

{# A name as part of a file name: lower-case letters and digits, the rest folded into single dashes. #}
{% macro slug(name) -%}{{ return(adapter.dispatch('slug', 'apportion')(name)) }}{%- endmacro %}
{% macro default__slug(name) -%}
    trim(regexp_replace(lower({{ name }}), '[^a-z0-9]+', '-', 'g'), '-')
{%- endmacro %}
{% macro spark__slug(name) -%}
    trim(both '-' from regexp_replace(lower({{ name }}), '[^a-z0-9]+', '-'))
{%- endmacro %}
