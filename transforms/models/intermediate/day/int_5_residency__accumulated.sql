{#
    Residency up to the start of each window, per unit of weight: at every instant a deployment's
    replicas are shared by the requests in flight by their weights, and one request fills at most one
    replica. A request's basis between two instants is its weight times the difference, so the bases
    of all requests add up to the time in which replicas worked. Where the log names the replica, each
    is shared by its own requests. Windows in which no request came or went have no row, except at
    every full hour.
#}
with
changes as (
    select
        replica_number,
        window_ms,
        cast(sum(weight) as bigint) as weight,
        cast(sum(weight * offset_ms) as bigint) as weight_ms,
        cast(sum(in_flight) as bigint) as in_flight,
        cast(sum(in_flight * offset_ms) as bigint) as in_flight_ms
    from {{ ref('int_5_residency_events__listed') }}
    group by replica_number, window_ms
),

hours as (
    select
        numbered.replica_number,
        hours.hour * 3600000 as window_ms,
        case
            when numbered.replica_id <> '' then 1000
            else cast(greatest(coalesce(counted.replicas_permille, 0), 1000) as bigint)
        end as replicas_permille
    from {{ ref('int_5_replicas__numbered') }} as numbered
    cross join (
        values
        {% for hour in range(25) %}
        ({{ hour }}){{ ',' if not loop.last }}
        {% endfor %}
    ) as hours (hour)
    left join {{ ref('int_5_replicas__counted') }} as counted
        on
            numbered.usage_date = counted.usage_date
            and numbered.deployment = counted.deployment
            and hours.hour * 3600000 = counted.hour_ms
),

summed as (
    select
        replica_number,
        window_ms,
        coalesce(changes.weight, 0) as weight,
        coalesce(changes.weight_ms, 0) as weight_ms,
        coalesce(changes.in_flight, 0) as in_flight,
        coalesce(changes.in_flight_ms, 0) as in_flight_ms
    from changes
    full outer join hours using (replica_number, window_ms)
),

running as (
    select
        replica_number,
        window_ms,
        weight,
        weight_ms,
        in_flight_ms,
        cast(sum(weight) over so_far as bigint) as weight_after,
        cast(sum(in_flight) over so_far as bigint) as in_flight_after,
        coalesce(
            lead(window_ms) over so_far - window_ms - {{ residency_window_ms() }}, 0
        ) as gap_ms
    from summed
    window so_far as (
        partition by replica_number order by window_ms rows unbounded preceding
    )
),

rated as (
    select
        running.*,
        {{ residency_per_ms(
            residency_window_ms(), 'hours.replicas_permille',
            '(' ~ residency_window_ms() ~ ' * in_flight_after - in_flight_ms)',
            '(' ~ residency_window_ms() ~ ' * weight_after - weight_ms)'
        ) }} as residency_per_ms,
        {{ residency_per_ms(1, 'hours.replicas_permille', 'in_flight_after', 'weight_after') }} as gap_per_ms
    from running
    inner join hours  {# every hour of these deployments has a row #}
        on
            running.replica_number = hours.replica_number
            and {{ hour_of('running.window_ms') }} * 3600000 = hours.window_ms
)

select
    replica_number,
    window_ms,
    cast(coalesce(sum({{ residency_window_ms() }} * residency_per_ms + gap_ms * gap_per_ms) over (
        partition by replica_number order by window_ms
        rows between unbounded preceding and 1 preceding
    ), 0) as bigint) as residency,
    residency_per_ms,
    weight,
    weight_ms
from rated
