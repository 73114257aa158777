{{ charge_days(ref('int_1_charges__classified')) }}
