{# How much of each declared commitment the sub accounts that it was bought for used on the day. #}
{% set pool = ['usage_date', 'billing_account_id', 'billing_period', 'billing_currency', 'region_id', 'unit_type'] %}
select
    usage.{{ pool | join(', usage.') }},
    scopes.commitment_id,
    max(scopes.committed_micros) as committed_micros,
    sum(usage.used_micros) as used_micros,
    least(max(scopes.committed_micros), sum(usage.used_micros)) as own_micros
from {{ ref('stg_focus__commitment_usage') }} as usage
inner join {{ ref('stg_reference__commitment_scopes') }} as scopes
    on
        usage.sub_account_id = scopes.sub_account_id
        and usage.region_id = scopes.region_id
        and usage.unit_type = scopes.unit_type
        and {{ in_force('scopes', 'usage.usage_date') }}
group by usage.{{ pool | join(', usage.') }}, scopes.commitment_id
having sum(usage.used_micros) > 0
