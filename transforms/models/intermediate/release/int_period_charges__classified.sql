{# Charges longer than a day: fees, support, tax, commitments. #}
{{ classify_charges('not is_day_level') }}
