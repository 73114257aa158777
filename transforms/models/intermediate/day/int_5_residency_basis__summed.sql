{#
    What each caller's requests weigh by residency in each hour: what they had gathered when they
    left, minus what was there when they came; those still in flight at an hour's end carry over.
#}
with
hours as (
    select
        usage_date,
        deployment_number,
        replica_id,
        {{ floor_divide('window_ms', 3600000) }} as hour,
        residency,
        lead(residency) over (
            partition by usage_date, deployment_number, replica_id order by window_ms
        ) as residency_after
    from {{ ref('int_5_residency__accumulated') }}
    where window_ms % 3600000 = 0
),

changes as (
    select
        events.usage_date,
        events.deployment_number,
        events.replica_id,
        events.caller_number,
        {{ hour_of('events.at_ms') }} as hour,
        sum(events.weight) as weight,
        sum(events.weight * (windows.residency + events.offset_ms * windows.residency_per_ms)) as residency
    from {{ ref('int_5_residency_events__listed') }} as events
    inner join {{ ref('int_5_residency__accumulated') }} as windows  {# every event lies in a window #}
        using (usage_date, deployment_number, replica_id, window_ms)
    group by all
),

present as (select distinct usage_date, deployment_number, replica_id, caller_number from changes),

callers as (
    select
        callers.usage_date,
        callers.deployment_number,
        callers.caller_number,
        hours.hour,
        hours.residency,
        hours.residency_after,
        coalesce(changes.weight, 0) as weight,
        coalesce(changes.residency, 0) as changed_residency,
        sum(coalesce(changes.weight, 0)) over (
            partition by
                callers.usage_date, callers.deployment_number, callers.replica_id, callers.caller_number
            order by hours.hour
        ) as weight_after
    from present as callers
    inner join hours using (usage_date, deployment_number, replica_id)  {# all hours of the replica #}
    left join changes using (usage_date, deployment_number, replica_id, caller_number, hour)
    where hours.residency_after is not null
)

select
    usage_date,
    deployment_number,
    caller_number,
    {{ add_milliseconds('cast(usage_date as timestamp)', 'hour * 3600000') }} as pool_start,
    cast(
        sum(weight_after * residency_after - (weight_after - weight) * residency - changed_residency)
        as {{ integer_type() }}
    ) as basis
from callers
group by usage_date, deployment_number, caller_number, hour
