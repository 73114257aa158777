{{ share_costs(ref('int_6_entries__direct'), ref('int_7_policy_shares__weighed'), 'usage_date') }}
