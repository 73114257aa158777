{#
    What the energy counter and the power meter of each GPU said at each instant. An exporter repeats
    a GPU's reading for every pod and every MIG slice, so the largest counts once.
#}
select
    samples.usage_date,
    series.node,
    series.gpu_uuid,
    samples.metric,
    samples.sample_at,
    max(series.gpu_model) as gpu_model,
    max(
        case samples.metric
            {% for metric, joule in energy_metrics().items() %}
            when '{{ metric }}' then cast(samples.value / {{ joule }} * 1000 as bigint)
            {% endfor %}
        end
    ) as counter_millijoules,
    max(
        case
            {% for metric in power_metrics() %}
            when samples.metric = '{{ metric }}' then cast(samples.value * 1000 as bigint)
            {% endfor %}
        end
    ) as milliwatts
from {{ ref('stg_prometheus__gpu_samples') }} as samples
inner join {{ ref('int_2_gpu_series__numbered') }} as series  {# labels without a node or a GPU are no device #}
    on samples.usage_date = series.usage_date and samples.labels = series.labels
where
    {% for metric in energy_metrics().keys() | list + power_metrics() %}
    {{ 'or ' if not loop.first }}samples.metric = '{{ metric }}'
    {% endfor %}
group by samples.usage_date, series.node, series.gpu_uuid, samples.metric, samples.sample_at
