{# The register of own hardware at the end of the window: its age, what it is worth in the books, what to renew. #}
select
    hardware.usage_date as as_of_date,
    hardware.item,
    hardware.in_use_from,
    hardware.life_months,
    run.reporting_currency,
    {{ from_quanta('hardware.price_quanta') }} as purchase_price,
    {{ from_quanta('hardware.book_quanta') }} as book_value,
    {{ ninth_decimals('hardware.days_used', 'hardware.days_of_life') }} as life_used_share,
    hardware.days_used * 1000000000
    > hardware.days_of_life * {{ in_billionths('assumed.value') }} as is_due_for_refresh,
    hardware.on_bill,
    hardware.purchase_source
from {{ ref('int_owned_hardware__depreciated') }} as hardware
cross join {{ source('landing', 'run') }} as run
inner join {{ ref('int_lever_assumptions__chosen') }} as assumed  {# every known day has its assumptions #}
    on
        hardware.usage_date = assumed.usage_date
        and assumed.lever = 'depreciation'
        and assumed.name = 'refresh_share'
where hardware.usage_date = (select max(usage_date) from {{ ref('int_owned_hardware__depreciated') }})
