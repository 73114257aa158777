{#
    The team behind each API key that a vendor counts, by the owner rules that own its charges and the
    gateway's callers: the key itself as a bill names it (`x_api_key_id`) or as the log does, where both
    know the same id, else its project or workspace, else the account.
#}
with
keys as (
    select distinct
        usage_date,
        billing_account_id,
        sub_account_id,
        api_key_id,
        billing_account_id || '/' || sub_account_id || '/' || api_key_id as subject
    from {{ ref('stg_vendors__usage') }}
),

attributes as (
    {% for field, key, value in [
        ('column', 'x_api_key_id', 'api_key_id'), ('api_key_alias', '', 'api_key_id'),
        ('sub_account_id', '', 'sub_account_id'), ('billing_account_id', '', 'billing_account_id'),
    ] %}
    select
        usage_date,
        subject,
        '{{ field }}' as match_field,
        '{{ key }}' as match_key,
        lower(trim({{ value }})) as match_value
    from keys
    where {{ value }} <> 'none'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

matched as (
    {{ owner_matches('attributes') }}
),

owned as (
    {{ owners('matched') }}
)

select
    keys.usage_date,
    keys.billing_account_id,
    keys.sub_account_id,
    keys.api_key_id,
    owned.team,
    owned.owner_rule
from keys
inner join owned  {# a key without an owner has no row #}
    on keys.usage_date = owned.usage_date and keys.subject = owned.subject
