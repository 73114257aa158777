{# GPU time that nobody held, by hour, for the GPUs of one model at one place: where a run could have gone. #}
with
places as (
    select
        usage_date,
        node,
        max(provider || ' ' || region_id) as place
    from {{ ref('day_workload_energy') }}
    group by usage_date, node
)

select
    places.place || ' ' || hours.gpu_model as gpu_pool,
    cast({{ floor_divide(
        milliseconds_between("timestamp '1970-01-01 00:00:00'", 'hours.hour_start'), 3600000
    ) }} as bigint) as epoch_hour,
    cast(sum({{ milliseconds('hours.unheld_seconds') }}) as bigint) as free_ms
from {{ ref('day_gpu_hours') }} as hours
inner join places using (usage_date, node)  {# GPUs without a meter have no place, and no energy that could move #}
group by all
