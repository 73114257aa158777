{{ converted_charges(ref('int_period_charges__classified')) }}
