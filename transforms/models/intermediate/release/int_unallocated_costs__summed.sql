{# Unallocated spend of the whole window, one row per subject. #}
select
    provider,
    sub_account_id,
    service_name,
    subject_type,
    subject,
    max(match_field) as match_field,
    max(match_key) as match_key,
    max(match_value) as match_value,
    min(usage_date) as first_usage_date,
    max(usage_date) as last_usage_date,
    cast(count(distinct usage_date) as bigint) as day_count,
    cast(sum(reporting_billed_cost) as decimal(38, 18)) as reporting_billed_cost,
    cast(sum(reporting_effective_cost) as decimal(38, 18)) as reporting_effective_cost
from {{ ref('int_unallocated_costs__gathered') }}
group by provider, sub_account_id, service_name, subject_type, subject
