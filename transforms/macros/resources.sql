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
