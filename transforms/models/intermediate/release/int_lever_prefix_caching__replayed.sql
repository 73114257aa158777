{#
    Replay: prompts of a key that begin alike are read from the vendor's cache. Where writing is charged, the time to live
    is the one that saves most over the window, and days on which the cache costs more than it saves count against it;
    where it is not, what is kept for as long as is assumed. Saved is what the cache did not serve already.
#}
with
offered as (
    select prefixes.*
    from {{ ref('day_prompt_prefixes') }} as prefixes
    inner join {{ ref('int_lever_assumptions__chosen') }} as ttl  {# every known day has its assumption #}
        on prefixes.usage_date = ttl.usage_date
    where
        ttl.lever = 'prefix_caching'
        and ttl.name = 'time_to_live_minutes'
        and (prefixes.is_write_charged or prefixes.time_to_live_minutes <= ttl.value)
),

chosen as (
    select
        team,
        deployment,
        api_key_alias,
        time_to_live_minutes
    from offered
    group by team, deployment, api_key_alias, time_to_live_minutes
    qualify row_number() over (
        partition by team, deployment, api_key_alias
        order by sum(reporting_prefix_saving) desc, time_to_live_minutes asc
    ) = 1
)

select
    'prefix_caching' as lever,
    'api_key' as scope_type,
    api_key_alias || ' on ' || deployment || ' within ' || time_to_live_minutes || ' minutes' as scope_name,
    team,
    'deployment ' || deployment as cost_pool,
    usage_date,
    cast(sum(reporting_effective_cost) as decimal(38, 18)) as baseline_cost,
    cast(sum(reporting_prefix_saving) as decimal(38, 18)) as saving,
    cast(sum(request_count) as bigint) as evidence_row_count
from offered
inner join chosen using (team, deployment, api_key_alias, time_to_live_minutes)  {# the others save less #}
group by api_key_alias, deployment, time_to_live_minutes, team, usage_date
