select
    findings.usage_date,
    findings.finding,
    findings.subject,
    findings.quantity_seconds,
    run.reporting_currency,
    findings.reporting_billed_cost,
    findings.reporting_effective_cost,
    case findings.finding
        when 'node_without_telemetry'
        then 'GPUs are billed and no sample knows the machine: install dcgm-exporter on it, or tag it with its team.'
        when 'telemetry_gap'
        then 'No sample in these hours, so the owner of the charge pays: see why scraping stopped.'
        when 'telemetry_without_charge'
        then 'GPUs work that no delivered bill knows: deliver the bill, or a provider_id in kube_node_info to join by.'
        when 'several_holders'
        then 'Workloads held the same GPU at the same time and share it evenly: expected with time-slicing only.'
        when 'job_without_record'
        then 'Telemetry names a Slurm job that sacct does not: deliver the accounting of its day and cluster.'
        when 'split_with_origin'
        then 'The bill has a charge and split rows that add up to it: ask the provider whether it counts twice.'
        when 'split_not_applied'
        then 'Split rows do not fit an instance, so telemetry splits it: see whether the report is whole.'
    end as action
from {{ ref('day_attribution_findings') }} as findings
cross join {{ source('landing', 'run') }} as run
