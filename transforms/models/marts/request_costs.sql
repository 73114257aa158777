{{ config(materialized='view', post_hook="{{ publish_request_cost() }}") }}

{{ request_costs_query() }}
