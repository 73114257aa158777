{{ owner_matches(ref('int_4_workloads__attributed')) }}
