{{ ledger_entries(ref('int_7_entries__shared')) }}
