{#
    Invoices against the charges that name them. Charges that name an invoice of which no detail was
    delivered stand without an invoiced amount: nobody knows it. A voided line was never to be paid.
#}
{% set key = ['invoice_issuer_name', 'invoice_id', 'billing_account_id', 'billing_period', 'billing_currency'] %}
with
invoiced as (
    select
        {{ key | join(', ') }},
        sum(billed_cost) as invoiced_cost,
        min(invoice_issue_status) as invoice_issue_status,
        max(invoice_issue_date) as invoice_issue_date
    from {{ ref('stg_focus__invoice_details') }}
    where invoice_issue_status <> 'Voided'
    group by {{ key | join(', ') }}
),

charges as (
    select
        {{ key | join(', ') }},
        sum(billed_cost) as charged_cost,
        sum(charge_count) as charge_count
    from (
        select * from {{ ref('day_invoice_charges') }}
        union all
        select * from {{ ref('int_period_invoice_charges__summed') }}
    )
    group by {{ key | join(', ') }}
)

select
    {{ key | join(', ') }},
    invoiced.invoice_issue_status,
    invoiced.invoice_issue_date,
    periods.billing_period_status,
    cast(invoiced.invoiced_cost as decimal(38, 18)) as invoiced_cost,
    cast(coalesce(charges.charged_cost, 0) as decimal(38, 18)) as charged_cost,
    cast(coalesce(charges.charge_count, 0) as bigint) as charge_count,
    cast(invoiced.invoiced_cost - coalesce(charges.charged_cost, 0) as decimal(38, 18)) as uncharged_cost
from invoiced
full outer join charges using ({{ key | join(', ') }})
left join {{ ref('billing_periods') }} as periods using (invoice_issuer_name, billing_period)
