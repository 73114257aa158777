{{ invoice_charges('is_day_level') }}
