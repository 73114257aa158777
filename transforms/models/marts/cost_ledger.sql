{% set columns %}
    source_charge_key,
    usage_date,
    charge_date,
    billing_period,
    provider,
    billing_account_id,
    sub_account_id,
    service_name,
    team,
    cost_center,
    business_unit,
    model,
    deployment,
    purpose,
    cost_class,
    allocation_method,
    owner_rule,
    policy_path,
    billing_currency,
    reporting_currency,
    {{ measures() | join(', ') }}
{% endset %}

select {{ columns }} from {{ ref('day_cost_ledger') }}

union all

select {{ columns }} from {{ ref('int_period_ledger__priced') }}
