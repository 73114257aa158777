"""What the report asks a release about energy and carbon."""

ENERGY_DAYS = """
    select
        usage_date as day,
        sum(energy_kwh) as gpus,
        cast(greatest(sum(facility_energy_kwh) - sum(energy_kwh)
            + sum(unplaced_energy_joules) / 3600000, 0) as decimal(18, 3)) as facility
    from energy_and_carbon_daily
    where usage_date > (select usage_date from runs) - 92
    group by all
    order by day
"""
ENERGY_TOTALS = """
    select
        coalesce(sum(energy_kwh), 0) as energy_kwh,
        coalesce(sum(facility_energy_kwh), 0) as facility_energy_kwh,
        coalesce(sum(carbon_kg), 0) as carbon_kg,
        cast(coalesce(sum(unplaced_energy_joules), 0) / 3600000 as decimal(18, 3))
            as unplaced_kwh,
        coalesce(sum(metered_seconds), 0) as metered_seconds,
        (select coalesce(sum(capacity_gpu_seconds), 0) from gpu_utilization_daily)
            as capacity_seconds
    from energy_and_carbon_daily
"""
ENERGY_TEAMS = """
    select
        team,
        sum(energy_kwh) as energy_kwh,
        coalesce(sum(energy_kwh) filter (where purpose = 'online_inference'), 0) as serving_kwh,
        coalesce(sum(energy_kwh) filter (where purpose in ('training', 'fine_tuning')), 0)
            as training_kwh,
        sum(facility_energy_kwh) as facility_energy_kwh,
        sum(carbon_kg) as carbon_kg
    from energy_and_carbon_daily
    group by team
    order by team = 'unallocated', energy_kwh desc, team
"""
ENERGY_REQUESTS = """
    select
        model, deployment,
        cast(sum(request_count) as bigint) as request_count,
        sum(facility_energy_kwh) as facility_energy_kwh,
        sum(carbon_kg) as carbon_kg
    from energy_and_carbon_daily
    where deployment <> 'none'
    group by all
    order by facility_energy_kwh desc, model, deployment
    limit 25
"""
ENERGY_SOURCES = """
    select distinct unnest(string_split(factor_sources, '; ')) as source
    from energy_and_carbon_daily
    order by source
"""
