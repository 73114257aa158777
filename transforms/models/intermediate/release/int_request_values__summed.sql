{#
    What answered requests were worth, where the company says what one is: what it says of the deployment counts,
    else what it says of the team, else of the model.
#}
with
candidates as (
    select
        requests.usage_date,
        requests.team,
        requests.model,
        requests.deployment,
        requests.request_count - requests.failed_count as answered_count,
        {{ quanta('said.value_per_request') }} as value_quanta,
        {{ rate_billionths('said.currency') }} as rate_billionths,
        row_number() over (
            partition by requests.usage_date, requests.team, requests.model, requests.deployment
            order by case said.scope when 'deployment' then 1 when 'team' then 2 else 3 end
        ) as precedence
    from {{ ref('daily_unit_economics') }} as requests
    cross join {{ source('landing', 'run') }} as run
    inner join {{ ref('stg_reference__value_rates') }} as said  {# requests of which nobody says it have no value #}
        on
            case said.scope
                when 'deployment' then requests.deployment when 'team' then requests.team else requests.model
            end = said.scope_name
            and {{ in_force('said', 'requests.usage_date') }}
    {{ join_exchange_rates('said.currency', 'requests.usage_date') }}
)

select
    usage_date,
    team,
    model,
    deployment,
    {{ from_quanta(billionths_of('value_quanta', 'rate_billionths') ~ ' * answered_count') }} as value_of_requests
from candidates
where precedence = 1 and rate_billionths is not null
