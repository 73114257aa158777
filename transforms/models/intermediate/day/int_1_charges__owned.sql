{{ charge_owners(ref('int_1_charges__classified')) }}
