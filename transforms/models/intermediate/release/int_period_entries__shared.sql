{{ share_costs(ref('int_period_entries__direct'), ref('int_period_policy_shares__weighed'), 'billing_period') }}
