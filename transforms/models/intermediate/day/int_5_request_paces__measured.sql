{#
    How fast a deployment works on one request when none waits: microseconds per uncached input token
    before the first token (the fastest twentieth of requests, since the others waited) and per
    output token after it (the median). Measured on requests whose first token is known.
#}
with
paces as (
    select
        deployment_number,
        least({{ floor_divide(
            '1000 * ' ~ milliseconds_between('started_at', 'first_token_at'),
            'greatest(input_tokens - cache_read_input_tokens, 1)'
        ) }}, 100000) as prefill_us,
        least({{ floor_divide(
            '10 * ' ~ milliseconds_between('first_token_at', 'completed_at'), 'output_tokens'
        ) }} * 100, 10000000) as decode_us
    from {{ ref('int_5_requests__placed') }}
    where first_token_at > started_at and first_token_at < completed_at and output_tokens > 1
),

counted as (
    select
        deployment_number,
        prefill_us,
        decode_us,
        count(*) as request_count
    from paces
    group by deployment_number, grouping sets ((prefill_us), (decode_us))
),

ranked as (
    select
        *,
        sum(request_count) over (
            partition by deployment_number, decode_us is null
            order by prefill_us, decode_us rows unbounded preceding
        ) as running,
        sum(request_count) over (partition by deployment_number, decode_us is null) as total
    from counted
)

select
    deployment_number,
    min(prefill_us) filter (where running * 20 >= total) as prefill_us_per_token,
    min(decode_us) filter (where running * 2 >= total) as decode_us_per_token
from ranked
group by deployment_number
