{#
    Effective cost of Google's usage under commitments. A fee is billed to the project that bought it,
    and the credits go to whatever ran first; neither says whom the commitment serves.

    Where `commitment_scopes` declares whom a commitment was bought for, these sub accounts come first:
    fees and credits go to them up to what they used of it, by usage; what is left goes to the others, by
    what they used besides. Credits for sustained use follow what no commitment covers. Elsewhere the
    credits stay, and the fee follows them. Fees are never moved to another invoice month, and the sum
    stays what it was, to the last quantum.
#}
{% set pool = ['usage_date', 'billing_account_id', 'billing_period', 'billing_currency', 'region_id', 'unit_type'] %}
{% set keys = pool | join(', ') %}
with
usage as (
    select
        *,
        {{ floor_divide('-commitment_credit_quanta', 1000000000000) }} as credit_weight
    from {{ ref('stg_focus__commitment_usage') }}
),

scopes as (
    select
        *,
        sum(committed_micros) over (partition by {{ keys }} order by commitment_id) as running_committed,
        sum(own_micros) over (partition by {{ keys }} order by commitment_id) as running_own
    from {{ ref('int_1_commitment_scopes__used') }}
),

pools as (
    select
        {{ keys }},
        totals.fee_quanta,
        totals.credit_quanta,
        totals.sustained_quanta,
        totals.covered_micros,
        totals.credit_weight,
        coalesce(declared.committed_micros, 0) as committed_micros,
        coalesce(declared.own_micros, 0) as own_micros,
        least(totals.covered_micros, coalesce(declared.own_micros, 0)) as own_covered
    from (
        select
            {{ keys }},
            sum(fee_quanta) as fee_quanta,
            sum(commitment_credit_quanta) as credit_quanta,
            sum(sustained_credit_quanta) as sustained_quanta,
            sum(credit_weight) as credit_weight,
            sum(case
                when contracted_cost_quanta > 0
                    then {{ floor_divide('used_micros * -commitment_credit_quanta', 'contracted_cost_quanta') }}
                else 0
            end) as covered_micros
        from usage
        group by {{ keys }}
    ) as totals
    left join (
        select {{ keys }}, sum(committed_micros) as committed_micros, sum(own_micros) as own_micros
        from scopes
        group by {{ keys }}
    ) as declared using ({{ keys }})
),

tranches as (
    select
        *,
        covered_micros - own_covered as other_covered,
        case
            when committed_micros > 0
                then {{ share(
                    'fee_quanta', 'least(covered_micros - own_covered, committed_micros)',
                    'least(covered_micros - own_covered, committed_micros)', 'committed_micros'
                ) }}
            else 0
        end as other_fee,
        case
            when covered_micros > 0
                then credit_quanta - {{ share('credit_quanta', 'own_covered', 'own_covered', 'covered_micros') }}
            else credit_quanta
        end as other_credit
    from pools
    where committed_micros > 0
),

own as (
    select
        usage.charge_key,
        sum({{ share('granted.fee', 'usage.used_micros', 'usage.running', 'granted.used_micros') }}) as fee,
        sum({{ share('granted.credit', 'usage.used_micros', 'usage.running', 'granted.used_micros') }}) as credit,
        sum({{ floor_divide('usage.used_micros * granted.own_micros', 'granted.used_micros') }}) as own_micros,
        sum({{ floor_divide('usage.used_micros * granted.covered', 'granted.used_micros') }}) as covered
    from (
        select
            {{ keys }},
            scopes.commitment_id,
            scopes.used_micros,
            scopes.own_micros,
            {{ share(
                '(tranches.fee_quanta - tranches.other_fee)', 'scopes.committed_micros',
                'scopes.running_committed', 'tranches.committed_micros'
            ) }} as fee,
            {{ share(
                '(tranches.credit_quanta - tranches.other_credit)', 'scopes.own_micros',
                'scopes.running_own', 'tranches.own_micros'
            ) }} as credit,
            {{ floor_divide('tranches.own_covered * scopes.own_micros', 'tranches.own_micros') }} as covered
        from scopes
        inner join tranches using ({{ keys }})
    ) as granted
    inner join (
        select
            members.{{ pool | join(', members.') }},
            members.charge_key,
            members.used_micros,
            declared.commitment_id,
            sum(members.used_micros) over (
                partition by members.{{ pool | join(', members.') }}, declared.commitment_id
                order by members.charge_key
            ) as running
        from usage as members
        inner join {{ ref('stg_reference__commitment_scopes') }} as declared
            on
                members.sub_account_id = declared.sub_account_id
                and members.region_id = declared.region_id
                and members.unit_type = declared.unit_type
                and {{ in_force('declared', 'members.usage_date') }}
    ) as usage using ({{ keys }}, commitment_id)
    group by usage.charge_key
)

select
    usage.charge_key,
    {{ keys }},
    usage.used_micros,
    usage.credit_weight,
    usage.effective_cost_quanta,
    usage.fee_quanta,
    usage.commitment_credit_quanta,
    usage.sustained_credit_quanta,
    pools.fee_quanta as pool_fee_quanta,
    pools.credit_weight as pool_credit_weight,
    pools.sustained_quanta as pool_sustained_quanta,
    pools.committed_micros > 0 as is_declared,
    coalesce(tranches.other_fee, 0) as other_fee,
    coalesce(tranches.other_credit, 0) as other_credit,
    coalesce(tranches.other_covered, 0) as other_covered,
    coalesce(own.fee, 0) as own_fee,
    coalesce(own.credit, 0) as own_credit,
    coalesce(own.covered, 0) as own_covered,
    usage.used_micros - coalesce(own.own_micros, 0) as remaining_micros
from usage
inner join pools using ({{ keys }})
left join tranches using ({{ keys }})
left join own on usage.charge_key = own.charge_key
