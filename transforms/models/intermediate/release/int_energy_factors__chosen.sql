{#
    The PUE and the grid intensity of each place and day, where work took energy or could have gone: the company's own row of `energy_factors` for
    the region, then its row for the whole provider, then what is published of the region. A place
    that none of them knows has no row.
#}
with
places as (
    select distinct
        usage_date,
        provider,
        region_id
    from {{ ref('day_workload_energy') }}

    union

    select
        usage_date,
        service_provider_name as provider,
        region_id
    from {{ ref('int_lever_gpu_offers__priced') }}
),

candidates as (
    select
        places.usage_date,
        places.provider,
        places.region_id,
        factors.pue_millionths,
        factors.grid_milligrams_per_kwh,
        factors.factor_source,
        case when factors.region_id = '*' then 2 else 1 end as precedence
    from places
    inner join {{ ref('stg_reference__energy_factors') }} as factors
        on
            {{ cloud_of('places.provider') }} = factors.cloud
            and (places.region_id = factors.region_id or factors.region_id = '*')
            and {{ in_force('factors', 'places.usage_date') }}
    union all
    select
        places.usage_date,
        places.provider,
        places.region_id,
        cast(defaults.pue * 1000000 as bigint) as pue_millionths,
        cast(defaults.grid_grams_per_kwh * 1000 as bigint) as grid_milligrams_per_kwh,
        defaults.factor_source,
        3 as precedence
    from places
    inner join {{ ref('energy_factor_defaults') }} as defaults
        on {{ cloud_of('places.provider') }} = defaults.cloud and places.region_id = defaults.region_id
),

ranked as (
    select
        *,
        row_number() over (partition by usage_date, provider, region_id order by precedence) as place
    from candidates
)

select
    usage_date,
    provider,
    region_id,
    pue_millionths,
    grid_milligrams_per_kwh,
    factor_source
from ranked
where place = 1
