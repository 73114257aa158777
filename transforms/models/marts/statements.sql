with
adjusted as (
    select distinct adjusted_period, business_unit
    from {{ ref('statement_lines') }}
    where adjusted_period is not null
)

select
    lines.statement_id,
    lines.billing_period,
    lines.business_unit,
    lines.currency,
    coalesce(closings.charged_measure, run.statement_measure) as charged_measure,
    case
        when closings.billing_period is null then 'draft'
        when (lines.billing_period, lines.business_unit) in (select adjusted_period, business_unit from adjusted)
        then 'adjusted'
        else 'issued'
    end as status,
    cast(sum(lines.amount) as decimal(38, 18)) as total_cost,
    {% for name, classes in [
        ('direct', "'direct'"), ('idle', "'idle_held', 'idle_unheld'"), ('shared', "'shared'"),
        ('tax', "'tax'"), ('credit', "'credit'"), ('adjustment', "'prior_period_adjustment'"),
    ] %}
    cast(coalesce(sum(lines.amount) filter (where lines.cost_class in ({{ classes }})), 0) as decimal(38, 18))
        as {{ name }}_cost,
    {% endfor %}
    cast(coalesce(sum(lines.amount) filter (
        where lines.cost_class not in (
            'direct', 'idle_held', 'idle_unheld', 'shared', 'tax', 'credit', 'prior_period_adjustment'
        )
    ), 0) as decimal(38, 18)) as other_cost,
    count(*) as line_count
from {{ ref('statement_lines') }} as lines
cross join (select statement_measure from {{ source('landing', 'run') }}) as run
left join {{ source('landing', 'closings') }} as closings using (billing_period)
group by all
