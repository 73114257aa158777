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
    (`train-nodes-0a1b` gives `train-nodes`); empty where that says nothing.
#}
{% macro name_prefix(name) -%}
    case
        when length({{ regexp_part('lower(' ~ name ~ ')', '^[a-z]+([-_][a-z]+)*') }}) >= 4
        then {{ regexp_part('lower(' ~ name ~ ')', '^[a-z]+([-_][a-z]+)*') }}
        else ''
    end
{%- endmacro %}
