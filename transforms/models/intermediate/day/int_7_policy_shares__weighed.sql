{{ policy_shares(ref('int_6_entries__direct'), ref('int_7_sharing_basis__summed'), 'usage_date') }}
