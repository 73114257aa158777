{# A request id that occurs twice would be charged twice: only deliveries may be re-read, not requests. #}
{{ config(tags=['day']) }}

select usage_date, count(*) as request_count, count(distinct request_id) as distinct_count
from {{ ref('stg_inference__requests') }}
group by usage_date
having count(*) <> count(distinct request_id)
