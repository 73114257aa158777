{#
    The last two steps of sharing commitments: what the declared sub accounts did not use goes to the
    others, and credits for sustained use follow what is covered by no commitment.
#}
{% set pool = ['usage_date', 'billing_account_id', 'billing_period', 'billing_currency', 'region_id', 'unit_type'] %}
{% set by_pool = 'partition by ' ~ (pool | join(', ')) %}
with
weighed as (
    select
        *,
        case
            when sum(remaining_micros) over ({{ by_pool }}) > 0 then remaining_micros
            else used_micros
        end as weight
    from {{ ref('int_1_commitments__granted') }}
),

running as (
    select
        *,
        sum(weight) over ({{ by_pool }} order by charge_key) as running_weight,
        sum(weight) over ({{ by_pool }}) as total_weight,
        sum(credit_weight) over ({{ by_pool }} order by charge_key) as running_credit_weight
    from weighed
),

uncovered as (
    select
        *,
        greatest(
            used_micros - own_covered
            - case when total_weight > 0 then {{ floor_divide('weight * other_covered', 'total_weight') }} else 0 end,
            0
        ) as uncovered_micros
    from running
),

sustained as (
    select
        *,
        case
            when sum(uncovered_micros) over ({{ by_pool }}) > 0 then uncovered_micros
            else used_micros
        end as sustained_weight
    from uncovered
),

totalled as (
    select
        *,
        sum(sustained_weight) over ({{ by_pool }} order by charge_key) as running_sustained_weight,
        sum(sustained_weight) over ({{ by_pool }}) as total_sustained_weight
    from sustained
),

shared as (
    select
        *,
        case
            when is_declared
                then own_fee + {{ share('other_fee', 'weight', 'running_weight', 'total_weight') }}
            when pool_credit_weight > 0
                then {{ share('pool_fee_quanta', 'credit_weight', 'running_credit_weight', 'pool_credit_weight') }}
            else fee_quanta
        end as attributed_fee,
        case
            when is_declared
                then own_credit + {{ share('other_credit', 'weight', 'running_weight', 'total_weight') }}
            else commitment_credit_quanta
        end as attributed_credit,
        case
            when is_declared and total_sustained_weight > 0
                then {{ share(
                    'pool_sustained_quanta', 'sustained_weight', 'running_sustained_weight', 'total_sustained_weight'
                ) }}
            else sustained_credit_quanta
        end as attributed_sustained
    from totalled
)

select
    charge_key,
    usage_date,
    attributed_fee as attributed_fee_quanta,
    attributed_credit as attributed_credit_quanta,
    attributed_sustained as attributed_sustained_quanta,
    effective_cost_quanta - fee_quanta - commitment_credit_quanta - sustained_credit_quanta
    + attributed_fee + attributed_credit + attributed_sustained as effective_cost_quanta
from shared
