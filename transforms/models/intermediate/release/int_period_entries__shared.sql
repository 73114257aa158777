{{ share_costs(ref('int_period_entries__direct'), ref('int_period_direct_costs__summed'), 'billing_period') }}
