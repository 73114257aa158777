{{ owners(ref('int_period_charges__matched')) }}
