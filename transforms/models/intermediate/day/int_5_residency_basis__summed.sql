{#
    What each caller's requests weigh by residency in each hour: what they had gathered when they
    left, minus what was there when they came; those still in flight at an hour's end carry over.
#}
with
hours as (
    select
        replica_number,
        {{ floor_divide('window_ms', 3600000) }} as hour,
        residency,
        lead(residency) over (
            partition by replica_number order by window_ms
        ) as residency_after
    from {{ ref('int_5_residency__accumulated') }}
    where window_ms % 3600000 = 0
),

changes as (
    select
        events.replica_number,
        events.caller_number,
        {{ hour_of('events.at_ms') }} as hour,
        sum(events.weight) as weight,
        sum(events.weight * (windows.residency + events.offset_ms * windows.residency_per_ms)) as residency
    from {{ ref('int_5_residency_events__listed') }} as events
    inner join {{ ref('int_5_residency__accumulated') }} as windows  {# every event lies in a window #}
        using (replica_number, window_ms)
    group by all
),

present as (select distinct replica_number, caller_number from changes),

callers as (
    select
        callers.replica_number,
        callers.caller_number,
        hours.hour,
        hours.residency,
        hours.residency_after,
        coalesce(changes.weight, 0) as weight,
        coalesce(changes.residency, 0) as changed_residency,
        sum(coalesce(changes.weight, 0)) over (
            partition by callers.replica_number, callers.caller_number
            order by hours.hour
        ) as weight_after
    from present as callers
    inner join hours using (replica_number)  {# all hours of the replica #}
    left join changes using (replica_number, caller_number, hour)
    where hours.residency_after is not null
)

select
    numbered.usage_date,
    numbered.deployment,
    callers.caller_number,
    {{ add_milliseconds('cast(numbered.usage_date as timestamp)', 'callers.hour * 3600000') }} as pool_start,
    cast(
        sum(
            callers.weight_after * callers.residency_after
            - (callers.weight_after - callers.weight) * callers.residency
            - callers.changed_residency
        ) as {{ integer_type() }}
    ) as basis
from callers
inner join {{ ref('int_5_replicas__numbered') }} as numbered using (replica_number)  {# numbered there #}
group by numbered.usage_date, numbered.deployment, callers.caller_number, callers.hour
