{# Every attribute of a caller that an owner rule may look at, one row each. #}
with
keys as (
    select distinct
        usage_date,
        gateway_team,
        api_key_alias,
        gateway_team || '/' || api_key_alias as subject
    from {{ ref('int_5_request_usage__summed') }}
)

select usage_date, subject, 'gateway_team' as match_field, '' as match_key, gateway_team as match_value
from keys
where gateway_team <> ''

union all

select usage_date, subject, 'api_key_alias', '', api_key_alias from keys where api_key_alias <> ''
