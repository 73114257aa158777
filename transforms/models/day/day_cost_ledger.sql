{{ ledger_entries(ref('int_7_entries__shared'), ref('int_8_charge_days__split')) }}
