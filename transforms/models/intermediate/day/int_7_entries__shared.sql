{{ share_costs(ref('int_6_entries__direct'), ref('int_7_direct_costs__summed'), 'usage_date') }}
