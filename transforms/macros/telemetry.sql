{#
    What exporters of GPU telemetry call their metrics: dcgm-exporter (DCGM_FI_…), AMD's device
    metrics exporter (gpu_…) and exporters of nvidia-smi (nvidia_smi_…).
#}

{# How busy a GPU was, where only a share of time is known in which anything ran: metric and what 1 is. #}
{% macro utilization_metrics() -%}
    {{ return({
        'DCGM_FI_DEV_GPU_UTIL': 100,
        'gpu_gfx_activity': 100,
        'nvidia_smi_utilization_gpu_ratio': 1,
    }) }}
{%- endmacro %}

{# Counters of energy since some start, and how many make a joule. #}
{% macro energy_metrics() -%}
    {{ return({'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION': 1000, 'gpu_energy_consumed': 1000000}) }}
{%- endmacro %}

{# Watts. #}
{% macro power_metrics() -%}
    {{ return([
        'DCGM_FI_DEV_POWER_USAGE', 'gpu_package_power', 'gpu_power_usage', 'nvidia_smi_power_draw_watts',
    ]) }}
{%- endmacro %}

{# Whether a metric is one of a GPU. #}
{% macro is_gpu_metric(metric) -%}
    (
        {{ metric }} like 'DCGM_FI_%'
        {% for name in utilization_metrics().keys() | list + energy_metrics().keys() | list + power_metrics() %}
        or {{ metric }} = '{{ name }}'
        {% endfor %}
    )
{%- endmacro %}
