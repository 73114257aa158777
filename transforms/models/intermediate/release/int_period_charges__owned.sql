{{ charge_owners(ref('int_period_charges__classified')) }}
