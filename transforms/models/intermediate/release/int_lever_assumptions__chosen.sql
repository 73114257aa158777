{#
    What a lever assumes, one row per lever, name and day of the ledger or of the run: the company's own row of
    `lever_assumptions` where one is in force, else the default with its source.
#}
with
days as (
    select usage_date from {{ ref('cost_ledger') }}
    union
    select usage_date from {{ source('landing', 'run') }}
),

defaults as (select * from {{ ref('lever_assumption_defaults') }}),

companies as (select * from {{ ref('stg_reference__lever_assumptions') }})

select
    days.usage_date,
    defaults.lever,
    defaults.name,
    cast(coalesce(companies.value, defaults.value) as decimal(38, 18)) as value,
    defaults.unit,
    case when companies.value is null then defaults.source else companies.source end as source
from defaults
cross join days
left join companies
    on
        defaults.lever = companies.lever
        and defaults.name = companies.name
        and {{ in_force('companies', 'days.usage_date') }}
