{#
    What was seen of each device and holder at each instant. dcgm-exporter repeats a device's sample
    for every pod that shares it, so the largest value counts once.
#}
select
    samples.usage_date,
    samples.sample_at,
    series.device_id,
    series.holder_id,
    max(case when samples.metric = 'DCGM_FI_PROF_SM_ACTIVE' then samples.value end) as sm_active,
    max(case when samples.metric = 'DCGM_FI_PROF_GR_ENGINE_ACTIVE' then samples.value end) as gr_engine_active,
    max(
        case samples.metric
            {% for metric, whole in utilization_metrics().items() %}
            when '{{ metric }}' then samples.value / {{ whole }}
            {% endfor %}
        end
    ) as gpu_util,
    max(
        case
            {% for metric in utilization_metrics() %}
            when samples.metric = '{{ metric }}' then samples.metric
            {% endfor %}
        end
    ) as gpu_util_metric
from {{ ref('stg_prometheus__gpu_samples') }} as samples
inner join {{ ref('int_2_gpu_series__numbered') }} as series  {# labels without a node or a GPU are no device #}
    on samples.usage_date = series.usage_date and samples.labels = series.labels
where not series.is_parent_of_slices  {# the parent of MIG slices is not one more GPU #}
group by samples.usage_date, samples.sample_at, series.device_id, series.holder_id
