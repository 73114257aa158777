{#
    A build happens in a new file: there is nothing to rename, to replace or to keep, and no role to grant to. So a
    relation is made under its own name at once, where dbt's own ways take a dozen statements more for each.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set relation = this.incorporate(type='table') -%}
    {%- do run_hooks(pre_hooks) -%}
    {%- call statement('main', language=model.language) -%}
        {{ create_table_as(false, relation, compiled_code, model.language) }}
    {%- endcall -%}
    {%- do run_hooks(post_hooks) -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set relation = this.incorporate(type='view') -%}
    {%- do run_hooks(pre_hooks) -%}
    {%- call statement('main') -%}
        {{ create_view_as(relation, compiled_code) }}
    {%- endcall -%}
    {%- do run_hooks(post_hooks) -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}
