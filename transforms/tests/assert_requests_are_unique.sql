{# A request id that occurs twice would be charged twice: only deliveries may be re-read, not requests. #}
{{ config(tags=['day']) }}

select usage_date, request_id, count(*) as row_count
from {{ ref('stg_inference__requests') }}
group by usage_date, request_id
having count(*) > 1
