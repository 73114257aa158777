{{ config(materialized='view') }}

select *
from {{ source('landing', 'focus_charges') }}
