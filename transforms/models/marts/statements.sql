select
    lines.statement_id,
    lines.billing_period,
    lines.business_unit,
    lines.currency,
    run.statement_measure as charged_measure,
    cast(sum(lines.amount) as decimal(38, 18)) as total_cost,
    {% for name, classes in [
        ('direct', "'direct'"), ('idle', "'idle_held', 'idle_unheld'"), ('shared', "'shared'"),
        ('tax', "'tax'"), ('credit', "'credit'"),
    ] %}
    cast(coalesce(sum(lines.amount) filter (where lines.cost_class in ({{ classes }})), 0) as decimal(38, 18))
        as {{ name }}_cost,
    {% endfor %}
    cast(coalesce(sum(lines.amount) filter (
        where lines.cost_class not in ('direct', 'idle_held', 'idle_unheld', 'shared', 'tax', 'credit')
    ), 0) as decimal(38, 18)) as other_cost,
    count(*) as line_count
from {{ ref('statement_lines') }} as lines
cross join {{ source('landing', 'run') }} as run
group by all
