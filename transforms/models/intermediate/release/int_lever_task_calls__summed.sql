{# What calls to model APIs used and cost, by task; failed ones are left out. #}
select
    usage_date,
    team,
    deployment,
    model,
    task,
    sum(request_count) as request_count,
    sum(input_tokens + cache_read_tokens + cache_creation_tokens) as input_tokens,
    sum(input_tokens) as uncached_input_tokens,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(cache_creation_tokens) as cache_creation_tokens,
    sum(output_tokens) as output_tokens,
    cast(sum(greatest(reporting_effective_cost, 0)) as decimal(38, 18)) as cost,
    cast(sum(greatest(reporting_input_cost, 0)) as decimal(38, 18)) as input_cost
from {{ ref('day_request_patterns') }}
where request_pattern <> 'failed'
group by all
