select
    model,
    technique,
    variant,
    gpu_model,
    gpu_count,
    tokens_per_second,
    one_off_cost,
    benchmark_source,
    valid_from,
    valid_to
from {{ source('landing', 'serving_benchmarks') }}
