{# The period stage's entries in the shape of a day's ledger. #}
{{ ledger_entries(ref('int_period_entries__shared'), ref('int_period_charge_days__split')) }}
