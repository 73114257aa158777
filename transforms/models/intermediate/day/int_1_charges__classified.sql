{{ classify_charges('is_day_level', ref('int_1_commitments__attributed')) }}
