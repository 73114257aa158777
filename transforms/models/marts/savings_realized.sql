{#
    What was promised of accepted opportunities, and what came of it. The baseline is the lever's own
    replay: the mean daily saving that was still to be had on the known days before the decision, up to
    28, against what is still to be had on each day since. What is no longer to be had was realised.
#}
with
decisions as (
    select * from {{ ref('stg_reference__opportunity_decisions') }}
    where decision in ('accepted', 'realised')
),

days as (
    select
        decisions.lever,
        decisions.scope,
        decisions.team,
        decisions.decision,
        decisions.decided_by,
        decisions.valid_from as decided_on,
        decisions.promised_saving_per_day,
        calendar.usage_date,
        {{ quanta('cast(coalesce(levers.saving, 0) as decimal(38, 18))') }} as saving_quanta
    from decisions
    cross join (select distinct usage_date from {{ ref('cost_ledger') }}) as calendar
    cross join {{ source('landing', 'run') }} as run
    left join (
        select lever, scope, team, usage_date, sum(saving) as saving
        from {{ ref('int_levers__gathered') }}
        group by all
    ) as levers
        on
            decisions.lever = levers.lever
            and decisions.scope = levers.scope
            and decisions.team = levers.team
            and calendar.usage_date = levers.usage_date
    where calendar.usage_date between run.first_usage_date and run.usage_date
),

sums as (
    select
        lever,
        scope,
        team,
        decision,
        decided_by,
        decided_on,
        max(promised_saving_per_day) as promised_saving_per_day,
        count(*) filter (where usage_date < decided_on and usage_date >= decided_on - interval 28 day) as days_before,
        count(*) filter (where usage_date >= decided_on) as days_since,
        coalesce(sum(saving_quanta) filter (
            where usage_date < decided_on and usage_date >= decided_on - interval 28 day
        ), 0) as before_quanta,
        coalesce(sum(saving_quanta) filter (where usage_date >= decided_on), 0) as since_quanta
    from days
    group by lever, scope, team, decision, decided_by, decided_on
)

select
    lever,
    scope,
    team,
    decision as status,
    decided_by,
    decided_on,
    days_before,
    days_since,
    'mean daily saving of the same replay on up to 28 days before the decision' as baseline_method,
    cast(
        coalesce(
            promised_saving_per_day,
            {{ from_quanta(floor_divide('before_quanta', 'greatest(days_before, 1)')) }}
        ) * days_since as decimal(38, 18)
    ) as saving_promised,
    case when days_before > 0 then
        {{ from_quanta(floor_divide('before_quanta * days_since', 'days_before') ~ ' - since_quanta') }}
    end as saving_realized
from sums
