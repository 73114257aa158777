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

owned as ({{ owners(ref('int_5_request_owners__matched')) }})

select
    keys.usage_date,
    keys.gateway_team,
    keys.api_key_alias,
    coalesce(owned.team, 'unallocated') as team,
    coalesce(owned.owner_rule, 'none') as owner_rule,
    dense_rank() over (
        order by coalesce(owned.team, 'unallocated'), coalesce(owned.owner_rule, 'none')
    ) as caller_number
from keys
left join owned on keys.usage_date = owned.usage_date and keys.subject = owned.subject
