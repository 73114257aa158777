{#
    What was promised of accepted opportunities, and what came of it. The baseline is the lever's own
    replay on the known days before the decision, up to 28: what a day cost against what it would have cost without
    the waste. A day since would have cost as much more than it needs as those days did; what it cost less than
    that was realised, however much more or less work there was. Where nothing is left to replay, because work has
    moved or all of its cost was waste, a day counts with the mean saving before.
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
        levers.saving is not null as is_replayed,
        {{ quanta('cast(coalesce(levers.baseline_cost, 0) as decimal(38, 18))') }} as baseline_quanta,
        {{ quanta('cast(coalesce(levers.saving, 0) as decimal(38, 18))') }} as saving_quanta
    from decisions
    cross join (select distinct usage_date from {{ ref('cost_ledger') }}) as calendar
    cross join {{ source('landing', 'run') }} as run
    left join (
        select
            lever,
            scope,
            team,
            usage_date,
            sum(baseline_cost) as baseline_cost,
            sum(saving) as saving
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
        coalesce(sum(baseline_quanta - saving_quanta) filter (
            where usage_date < decided_on and usage_date >= decided_on - interval 28 day
        ), 0) as needed_before_quanta,
        count(*) filter (where usage_date >= decided_on and is_replayed) as days_replayed,
        coalesce(sum(baseline_quanta - saving_quanta) filter (where usage_date >= decided_on), 0)
            as needed_since_quanta,
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
    'saving of the same replay on up to 28 days before the decision, in proportion to the work' as baseline_method,
    cast(
        coalesce(
            promised_saving_per_day,
            {{ from_quanta(floor_divide('before_quanta', 'greatest(days_before, 1)')) }}
        ) * days_since as decimal(38, 18)
    ) as saving_promised,
    case when days_before > 0 then
        {{ from_quanta(
            'case when needed_before_quanta > 0 then '
            ~ billionths_of('needed_since_quanta', billionths('before_quanta', 'needed_before_quanta')) ~ ' + '
            ~ floor_divide('before_quanta * (days_since - days_replayed)', 'days_before')
            ~ ' else ' ~ floor_divide('before_quanta * days_since', 'days_before') ~ ' end - since_quanta'
        ) }}
    end as saving_realized
from sums
