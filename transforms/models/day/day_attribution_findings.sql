{# Where bill, telemetry and job records do not know of each other. Nothing is taken away from the ledger:
   these are the amounts whose place in it rests on less than usual. #}
with
charges as (select * from {{ ref('int_1_charges__classified') }}),
charge_hours as (select * from {{ ref('int_2_charge_hours__spread') }}),
gpu_time as (select * from {{ ref('int_2_gpu_time__integrated') }}),
split as (select * from {{ ref('int_3_workload_hours__split') }}),

{# The bill says that the machine has GPUs, and no telemetry of the day knows it. #}
node_without_telemetry as (
    select
        charges.usage_date,
        'node_without_telemetry' as finding,
        coalesce(charges.resource_id, 'none') as subject,
        sum(charges.gpu_count * {{ milliseconds_between('charges.charge_period_start', 'charges.charge_period_end') }})
            as quantity_ms,
        sum(charges.reporting_billed_cost_quanta) as billed_quanta,
        sum(charges.reporting_effective_cost_quanta) as effective_quanta
    from charges
    left join (select distinct charge_key from charge_hours) as placed on charges.charge_key = placed.charge_key
    where charges.gpu_count > 0 and charges.cost_class = 'direct' and placed.charge_key is null
    group by charges.usage_date, coalesce(charges.resource_id, 'none')
),

telemetry_gap as (
    select
        usage_date,
        'telemetry_gap' as finding,
        node as subject,
        count(distinct hour_start) * 3600000 as quantity_ms,
        sum(reporting_billed_cost_quanta) as billed_quanta,
        sum(reporting_effective_cost_quanta) as effective_quanta
    from split
    where cost_class = 'telemetry_gap'
    group by usage_date, node
),

{# Less than ten minutes of an hour is what the last sample before a shutdown stands for. #}
device_hours as (
    select usage_date, node, hour_start, gpu_uuid, gpu_instance_id, sum(held_ms) as seen_ms
    from gpu_time
    group by usage_date, node, hour_start, gpu_uuid, gpu_instance_id
    having sum(held_ms) >= 600000
),

telemetry_without_charge as (
    select
        device_hours.usage_date,
        'telemetry_without_charge' as finding,
        device_hours.node as subject,
        sum(device_hours.seen_ms) as quantity_ms,
        0 as billed_quanta,
        0 as effective_quanta
    from device_hours
    left join (select distinct node, hour_start from charge_hours) as billed
        on device_hours.node = billed.node and device_hours.hour_start = billed.hour_start
    where billed.node is null
    group by device_hours.usage_date, device_hours.node
),

several_holders as (
    select
        usage_date,
        'several_holders' as finding,
        node as subject,
        sum(held_ms) as quantity_ms,
        0 as billed_quanta,
        0 as effective_quanta
    from gpu_time
    where holder_count > 1
    group by usage_date, node
),

job_without_record as (
    select
        gpu_time.usage_date,
        'job_without_record' as finding,
        'slurm/' || gpu_time.slurm_job as subject,
        sum(gpu_time.held_ms) as quantity_ms,
        max(costs.billed_quanta) as billed_quanta,
        max(costs.effective_quanta) as effective_quanta
    from gpu_time
    inner join {{ ref('int_4_workloads__described') }} as described  {# every holder is described #}
        using (usage_date, namespace, pod, slurm_job)
    left join (
        select
            usage_date,
            slurm_job,
            sum(reporting_billed_cost_quanta) as billed_quanta,
            sum(reporting_effective_cost_quanta) as effective_quanta
        from split
        group by usage_date, slurm_job
    ) as costs
        using (usage_date, slurm_job)
    where gpu_time.slurm_job <> '' and described.slurm_account is null
    group by gpu_time.usage_date, gpu_time.slurm_job
),

{# A charge that costs what the split rows of its resource and period add up to may be their origin. #}
split_with_origin as (
    select
        origins.usage_date,
        'split_with_origin' as finding,
        coalesce(origins.resource_id, 'none') as subject,
        0 as quantity_ms,
        sum(origins.reporting_billed_cost_quanta) as billed_quanta,
        sum(origins.reporting_effective_cost_quanta) as effective_quanta
    from charges as origins
    inner join (
        select
            resource_id,
            charge_period_start,
            charge_period_end,
            sum(billed_cost_quanta) as billed_cost_quanta
        from charges
        where allocated_method_id is not null
        group by resource_id, charge_period_start, charge_period_end
    ) as parts  {# other charges have no parts #}
        on
            origins.resource_id = parts.resource_id
            and origins.charge_period_start = parts.charge_period_start
            and origins.charge_period_end = parts.charge_period_end
            and origins.billed_cost_quanta = parts.billed_cost_quanta
            and {{ json_text('origins.x_columns', 'split_remainder') }} is null  {# what the parts left #}
    where origins.allocated_method_id is null and origins.billed_cost_quanta <> 0
    group by origins.usage_date, coalesce(origins.resource_id, 'none')
),

{# Split rows of AWS without an instance that they fit: the instance is split by telemetry. #}
split_not_applied as (
    select
        usage_date,
        'split_not_applied' as finding,
        {{ json_text('x_columns', 'split_not_applied') }} as subject,
        sum({{ milliseconds_between('charge_period_start', 'charge_period_end') }}) as quantity_ms,
        0 as billed_quanta,
        0 as effective_quanta
    from charges
    where {{ json_text('x_columns', 'split_not_applied') }} is not null
    group by usage_date, subject
),

findings as (
    {% for finding in [
        'node_without_telemetry', 'telemetry_gap', 'telemetry_without_charge', 'several_holders',
        'job_without_record', 'split_with_origin', 'split_not_applied',
    ] %}
    select * from {{ finding }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    usage_date,
    finding,
    subject,
    {{ seconds('quantity_ms') }} as quantity_seconds,
    {{ from_quanta('coalesce(billed_quanta, 0)') }} as reporting_billed_cost,
    {{ from_quanta('coalesce(effective_quanta, 0)') }} as reporting_effective_cost
from findings
