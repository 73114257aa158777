{{ charge_owner_matches(ref('int_1_charges__classified')) }}
