select
    source_name,
    cast(count(distinct table_name) as bigint) as table_count,
    min(try_cast(partition as date)) as first_usage_date,
    max(try_cast(partition as date)) as last_usage_date,
    cast(count(distinct partition) as bigint) as partition_count,
    cast(sum(row_count) as bigint) as row_count
from {{ source('landing', 'lake_files') }}
group by source_name
