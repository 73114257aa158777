{% set rows %}(
    {{ unallocated_charges(ref('int_period_entries__shared'), ref('int_period_charges__classified')) }}
){% endset %}

{{ sum_unallocated(rows) }}
