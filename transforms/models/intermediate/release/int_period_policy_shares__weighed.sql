{{ policy_shares(ref('int_period_entries__direct'), ref('int_period_sharing_basis__summed'), 'billing_period') }}
