{#
    What a billed resource and a cluster node have in common. An Azure id is its whole path; of an
    ARN, a Kubernetes provider id (aws:///zone/i-1, gce://project/zone/name) or a plain host name, the
    last segment.
#}
{% macro resource_key(identifier) -%}
    case
        when lower({{ identifier }}) like '%/subscriptions/%'
        then {{ regexp_part('lower(' ~ identifier ~ ')', '/subscriptions/.*') }}
        else {{ regexp_part('lower(' ~ identifier ~ ')', '[^/:]+$') }}
    end
{%- endmacro %}

{#
    What resources of one kind share in their names: the words before the first number
    (`train-nodes-0a1b` gives `train-nodes-`); empty where that says nothing.
#}
{% macro name_prefix(name) -%}
    case
        when length({{ regexp_part('lower(' ~ name ~ ')', '^([a-z]+[-_])+') }}) >= 4
        then {{ regexp_part('lower(' ~ name ~ ')', '^([a-z]+[-_])+') }}
        else ''
    end
{%- endmacro %}

{#
    Whom a provider-made split row names: the pod of an EKS id (`arn:aws:eks:...:pod/cluster/namespace/
    name/uid`), else the resource's name, with the namespace of its tags. A row for capacity that
    nobody used names no pod.
#}
{% macro allocated_namespace() -%}
    case
        when allocated_resource_id like '%:pod/%/%/%' then split_part(allocated_resource_id, '/', 3)
        else coalesce(
            {{ json_text('allocated_tags', 'aws:eks:namespace') }},
            {{ json_text('allocated_tags', 'k8s-namespace') }},
            {{ json_text('allocated_tags', 'namespace') }},
            ''
        )
    end
{%- endmacro %}

{% macro allocated_pod() -%}
    case
        when allocated_resource_id like '%:pod/%/%/%' then split_part(allocated_resource_id, '/', 4)
        when lower(allocated_resource_name) in ('unused', 'unallocated', 'idle', 'kube:unallocated') then ''
        else coalesce(allocated_resource_name, {{ regexp_part('allocated_resource_id', '[^/:]+$') }}, '')
    end
{%- endmacro %}

{# CPU as thousandths of a core, memory as MiB: whole numbers, because they become weights. #}
{% macro resource_units(resource, value) -%}
    cast(round(case when {{ resource }} = 'cpu' then {{ value }} * 1000 else {{ value }} / 1048576 end) as bigint)
{%- endmacro %}
