{#
    Hours in which a vendor's prompt cache served far less than it usually does: after a deployment that changed how
    prompts begin, or an eviction, what used to be read is paid in full again. The usual share of a key is the median of
    its hours with enough calls. What an hour of a storm would have saved is the input that is missing at the usual
    share, at the price of reads.
#}
with
limits as (
    select
        usage_date,
        max(case when name = 'minimum_requests' then value end) as minimum_requests,
        max(case when name = 'minimum_hours' then value end) as minimum_hours,
        max(case when name = 'share_left' then value end) as share_left
    from {{ ref('int_lever_assumptions__chosen') }}
    where lever = 'cache_miss_storms'
    group by usage_date
),

hours as (
    select
        hours.*,
        limits.minimum_hours,
        limits.share_left,
        {{ billionths(
            'cast(hours.cache_read_input_tokens as ' ~ integer_type() ~ ')',
            'hours.unread_input_tokens + hours.cache_read_input_tokens'
        ) }} as share_billionths
    from {{ ref('day_request_hours') }} as hours
    inner join limits on hours.usage_date = limits.usage_date  {# every known day has its assumption #}
    where
        hours.request_count >= limits.minimum_requests
        and hours.unread_input_tokens + hours.cache_read_input_tokens > 0
),

ranked as (
    select
        *,
        row_number() over (
            partition by team, deployment, api_key_alias order by share_billionths, hour_start, model
        ) as ordinal,
        count(*) over (partition by team, deployment, api_key_alias) as hour_count
    from hours
),

usual as (
    select
        team,
        deployment,
        api_key_alias,
        max(share_billionths) as usual_billionths
    from ranked
    where ordinal * 2 <= hour_count + 1 and hour_count >= minimum_hours
    group by team, deployment, api_key_alias
    having max(share_billionths) > 0
),

found as (
    select
        hours.*,
        hours.share_billionths < {{ floor_divide(
            'usual.usual_billionths * ' ~ in_billionths('hours.share_left'), 1000000000
        ) }} as is_storm,
        {{ floor_divide(
            'usual.usual_billionths * (hours.unread_input_tokens + hours.cache_read_input_tokens)', 1000000000
        ) }} - hours.cache_read_input_tokens as missing_tokens
    from hours
    inner join usual using (team, deployment, api_key_alias)  {# keys whose cache was seldom read have no usual share #}
)

select
    'cache_miss_storms' as lever,
    'api_key' as scope_type,
    api_key_alias || ' on ' || deployment as scope_name,
    team,
    'deployment ' || deployment as cost_pool,
    usage_date,
    cast(sum(reporting_unread_cost) as decimal(38, 18)) as baseline_cost,
    cast({{ from_quanta("sum(case when is_storm then " ~ billionths_of(
        quanta('cast(reporting_unread_cost - reporting_unread_cost_as_read as decimal(38, 18))'),
        billionths('cast(missing_tokens as ' ~ integer_type() ~ ')', 'unread_input_tokens')
    ) ~ " else 0 end)") }} as decimal(38, 18)) as saving,
    cast(coalesce(sum(case when is_storm then request_count end), 0) as bigint) as evidence_row_count
from found
group by api_key_alias, deployment, team, usage_date
