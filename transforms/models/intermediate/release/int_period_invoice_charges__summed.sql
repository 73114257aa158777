{{ invoice_charges('not is_day_level') }}
