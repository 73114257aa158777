{# The team behind each gateway team and key. #}
with
keys as (
    select distinct
        usage_date,
        gateway_team,
        api_key_alias,
        gateway_team || '/' || api_key_alias as subject
    from {{ ref('int_5_request_usage__summed') }}
),

candidates as (
    select usage_date, subject, 'gateway_team' as match_field, '' as match_key, gateway_team as match_value
    from keys
    where gateway_team <> ''
    union all
    select usage_date, subject, 'api_key_alias', '', api_key_alias from keys where api_key_alias <> ''
),

owned as ({{ owners('candidates') }})

select
    keys.usage_date,
    keys.gateway_team,
    keys.api_key_alias,
    coalesce(owned.team, 'unallocated') as team,
    coalesce(owned.owner_rule, 'none') as owner_rule
from keys
left join owned on keys.usage_date = owned.usage_date and keys.subject = owned.subject
