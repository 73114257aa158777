{# A saving cannot be larger than the cost that it is made on, nor outside its own interval. #}
{{ config(tags=['release']) }}

select * from {{ ref('optimization_opportunities') }}
where
    saving_low > saving_expected
    or saving_expected > saving_high
    or saving_expected > baseline_cost
    or optimized_cost <> baseline_cost - saving_expected
    or saving_incremental > saving_expected
