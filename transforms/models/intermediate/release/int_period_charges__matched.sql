{{ charge_owner_matches(ref('int_period_charges__classified')) }}
