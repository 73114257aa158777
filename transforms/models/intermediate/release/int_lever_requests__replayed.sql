{#
    Replays of calls to model APIs: those that failed are not paid; a prompt that comes again while its
    first call is unanswered waits for that answer; one that comes again within the cache's time to live
    is answered from the cache; prompts are not written to a vendor's cache that is read too seldom; and
    what can wait goes to the batch tier.
#}
{% set known_prompts = "request_pattern in ('first', 'duplicate', 'repeat')" %}
{% set levers = [
    (
        'failed_requests', 'is_status_known',
        "case when request_pattern = 'failed' then cost else 0 end",
    ),
    (
        'duplicated_requests', known_prompts,
        "case when request_pattern = 'duplicate' then cost else 0 end",
    ),
    (
        'exact_cache', known_prompts,
        "case when request_pattern = 'repeat' and is_cached then cost else 0 end",
    ),
    ('cache_writes', 'reporting_cache_premium is not null', 'least(reporting_cache_premium, cost)'),
    (
        'batch_tier', "request_pattern <> 'failed' and reporting_batch_saving is not null",
        'least(reporting_batch_saving, cost)',
    ),
] %}
with
patterns as (
    select
        patterns.*,
        cast(greatest(patterns.reporting_effective_cost, 0) as decimal(38, 18)) as cost,
        coalesce(patterns.repeated_within_minutes <= ttl.value, false) as is_cached
    from {{ ref('day_request_patterns') }} as patterns
    left join {{ ref('int_lever_assumptions__chosen') }} as ttl
        on
            patterns.usage_date = ttl.usage_date
            and ttl.lever = 'exact_cache'
            and ttl.name = 'time_to_live_minutes'
),

replayed as (
    {% for lever, condition, saving in levers %}
    select
        '{{ lever }}' as lever,
        deployment,
        team,
        usage_date,
        cost,
        {{ saving }} as saving,
        request_count
    from patterns
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    lever,
    'deployment' as scope_type,
    deployment as scope_name,
    team,
    'deployment ' || deployment as cost_pool,
    usage_date,
    cast(sum(cost) as decimal(38, 18)) as baseline_cost,
    cast(sum(saving) as decimal(38, 18)) as saving,
    cast(coalesce(sum(case when saving > 0 then request_count end), 0) as bigint) as evidence_row_count
from replayed
group by lever, deployment, team, usage_date
