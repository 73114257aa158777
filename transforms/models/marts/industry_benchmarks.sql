{#
    The company's own figures beside what others published, to see where it stands. No amount anywhere
    is computed from a published range.
#}
select
    cast(ranges.benchmark_rank as bigint) as benchmark_rank,
    ranges.benchmark,
    ranges.title,
    ranges.unit,
    run.reporting_currency,
    measured.own_value,
    cast(ranges.published_low as decimal(38, 9)) as published_low,
    cast(ranges.published_high as decimal(38, 9)) as published_high,
    case
        when measured.own_value is null then 'not assessed: needs ' || ranges.needs
        when measured.own_value < ranges.published_low then 'below'
        when measured.own_value > ranges.published_high then 'above'
        else 'within'
    end as position,
    ranges.published_source,
    coalesce(ranges.reading, '') as reading
from {{ ref('industry_benchmark_ranges') }} as ranges
cross join {{ source('landing', 'run') }} as run
left join {{ ref('int_benchmarks__measured') }} as measured on ranges.benchmark = measured.benchmark
