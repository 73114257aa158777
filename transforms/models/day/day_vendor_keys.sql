select
    counted.usage_date,
    counted.gen_ai_provider_name,
    counted.gen_ai_operation_name,
    counted.billing_account_id,
    counted.sub_account_id,
    counted.api_key_id,
    counted.model,
    counted.service_tier,
    cast(sum(counted.request_count) as bigint) as request_count,
    cast(sum(counted.input_tokens) as bigint) as input_tokens,
    cast(sum(counted.cache_read_input_tokens) as bigint) as cache_read_input_tokens,
    cast(sum(counted.cache_creation_input_tokens) as bigint) as cache_creation_input_tokens,
    cast(sum(counted.input_audio_tokens) as bigint) as input_audio_tokens,
    cast(sum(counted.input_image_tokens) as bigint) as input_image_tokens,
    cast(sum(counted.output_tokens) as bigint) as output_tokens,
    cast(sum(counted.output_audio_tokens) as bigint) as output_audio_tokens,
    cast(sum(counted.output_image_tokens) as bigint) as output_image_tokens,
    cast(sum(counted.consumed_quantity) as bigint) as consumed_quantity,
    counted.consumed_unit,
    coalesce(owned.team, 'unallocated') as team,
    coalesce(owned.owner_rule, 'none') as owner_rule
from {{ ref('int_5_vendor_usage__named') }} as counted
left join {{ ref('int_5_vendor_keys__owned') }} as owned  {# keys without an owner #}
    using (usage_date, billing_account_id, sub_account_id, api_key_id)
group by all
