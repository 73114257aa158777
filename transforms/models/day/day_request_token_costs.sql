{% set classes = request_token_weights() | map(attribute=0) | list %}
select
    usage_date,
    team,
    model,
    deployment,
    {% for token_class in classes %}
    {{ from_quanta(
        "coalesce(sum(reporting_effective_cost_quanta) filter (where token_class = '" ~ token_class ~ "'), 0)"
    ) }} as {{ token_class }}_cost,
    {{ from_quanta(
        "coalesce(sum(reporting_effective_cost_quanta) filter ("
        ~ "where token_class = '" ~ token_class ~ "' and cost_class = 'direct'), 0)"
    ) }} as {{ token_class }}_direct_cost{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('int_5_token_costs__split') }}
group by usage_date, team, model, deployment
