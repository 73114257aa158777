{{ owners(ref('int_1_charges__matched')) }}
