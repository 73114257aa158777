{{ converted_charges(ref('int_1_charges__classified')) }}
