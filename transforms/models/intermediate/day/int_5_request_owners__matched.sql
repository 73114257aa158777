{{ owner_matches(ref('int_5_request_owners__attributed')) }}
