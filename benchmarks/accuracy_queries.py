"""The comparison's SQL: a stage is pairs of what the ledger and what the truth gives a key."""

LEDGER = """
    select source_name, object_key, object_row, charge_date, team, model, deployment, purpose,
        cost_class, owner_rule, allocation_method,
        effective_cost::double as own, reporting_effective_cost::double as cost
    from cost_ledger
    inner join (select source_name, object_key, object_row, charge_key from charges) as charges
        on source_charge_key = charge_key
"""
REQUESTS = """
    select request_id, deployment, hosting, team, started_at,
        reporting_effective_cost::double as cost
    from request_costs where reporting_effective_cost is not null
"""
CONSERVATION = """
    with differences as (
        select billing_account_id, billing_currency,
            sum(billed) as billed, sum(effective) as effective
        from (
            select billing_account_id, billing_currency,
                billed_cost as billed, effective_cost as effective
            from charges
            union all
            select billing_account_id, billing_currency, -billed_cost, -effective_cost
            from cost_ledger
        )
        group by all
    )
    select max(greatest(abs(billed), abs(effective))) from differences
"""
VIEWS = """
    create view recipients as select * from '{truth}/charge_recipients.parquet';
    create view deployment_hours as select * from '{truth}/deployment_hours.parquet';
    create view true_requests as select * from '{truth}/requests/*.parquet';

    create table rates as
        select source_name, object_key, object_row, sum(cost) / nullif(sum(own), 0) as rate
        from ledger group by all;

    create table kinds as
        select source_name, object_key, object_row,
            case
                when bool_or(purpose is not null or usage_class = 'idle_unheld') then 'node'
                when bool_or(deployment is not null) then 'vendor'
                when bool_or(team is not null) then 'team'
                else 'shared'
            end as kind
        from recipients group by all;

    create table facts as
        select kind, charge_date, team, model, deployment, purpose, usage_class,
            source_name, object_key, object_row,
            effective_cost::double * coalesce(rate, 1) as cost
        from recipients
        inner join kinds using (source_name, object_key, object_row)
        left join rates using (source_name, object_key, object_row);

    create table entries as
        select ledger.*, kind from ledger
        inner join kinds using (source_name, object_key, object_row);

    -- Whose a run or a tagged charge really is, where the truth of its charge leaves no doubt.
    create table real_owners as
        select source_name, object_key, object_row, kind,
            coalesce(model, 'none') as model, coalesce(purpose, 'none') as purpose,
            min(team) as real_team
        from facts
        where kind in ('node', 'team') and deployment is null and team is not null
        group by all having count(distinct team) = 1;

    create table owned as
        select entries.*, real_owners.real_team from entries
        left join real_owners
            on entries.deployment = 'none' and entries.cost_class <> 'idle_unheld'
            and entries.source_name = real_owners.source_name
            and entries.object_key = real_owners.object_key
            and entries.object_row = real_owners.object_row
            and entries.model = real_owners.model and entries.purpose = real_owners.purpose;

    -- Requests that name no team, and whose they really are.
    create table nameless as
        select requests.started_at::date as charge_date, real.team, sum(requests.cost) as cost
        from requests
        inner join (select distinct request_id, team from true_requests) as real using (request_id)
        where requests.team = 'unallocated' group by all;

    -- What a deployment cost in an hour, idle time loaded on its callers.
    create table loaded as
        with used as (
            select *, sum(effective_cost) over (partition by hour_start, deployment) as total,
                sum(effective_cost) filter (where usage_class = 'direct')
                    over (partition by hour_start, deployment) as direct
            from deployment_hours
        )
        select hour_start::date as charge_date, team, deployment,
            sum(case
                when coalesce(direct, 0) = 0 then effective_cost
                when usage_class = 'direct'
                then effective_cost::double * total::double / direct::double
                else 0
            end)::double as cost
        from used group by all;
"""

NODES_TO_TEAMS = """
    select charge_date || coalesce(team, 'nobody') as key, 0.0 as attributed, cost
    from facts where kind = 'node' and deployment is null
    union all
    select charge_date || case when cost_class = 'idle_unheld' then 'nobody' else team end,
        cost, 0.0
    from entries where kind = 'node' and deployment = 'none'
"""
NODES_TO_DEPLOYMENTS = """
    select charge_date || deployment as key, 0.0 as attributed, cost
    from facts where kind = 'node' and deployment is not null
    union all
    select charge_date || deployment, cost, 0.0
    from entries where kind = 'node' and deployment <> 'none'
"""
VENDORS = """
    select charge_date || team as key, 0.0 as attributed, cost
    from facts where kind = 'vendor'
    union all
    select charge_date || team, cost, 0.0 from entries where kind = 'vendor'
"""
TEAM_DAYS = """
    select charge_date || team as key, 0.0 as attributed, cost from facts
    where team is not null and not (kind = 'node' and deployment is not null)
    union all
    select charge_date || team, 0.0, cost from loaded
    union all
    select charge_date || team, cost, 0.0 from entries
    where kind <> 'shared' and cost_class <> 'idle_unheld'
"""
TEAM_DAYS_REPAIRED = """
    select charge_date || team as key, 0.0 as attributed, cost from facts
    where team is not null and not (kind = 'node' and deployment is not null)
    union all
    select charge_date || team, 0.0, cost from loaded
    union all
    select charge_date || coalesce(real_team, team), cost, 0.0 from owned
    where kind <> 'shared' and cost_class <> 'idle_unheld'
    union all
    select charge_date || team, cost, 0.0 from nameless
    union all
    select charge_date || 'unallocated', -cost, 0.0 from nameless
"""
MODEL_DAYS = """
    select charge_date || coalesce(deployment, '') || coalesce(model, 'unallocated') as key,
        0.0 as attributed, cost
    from facts where kind in ('node', 'vendor') and team is not null
    union all
    select charge_date || case when deployment = 'none' then '' else deployment end
        || case when model = 'none' then 'unallocated' else model end, cost, 0.0
    from entries where kind in ('node', 'vendor') and cost_class <> 'idle_unheld'
"""
BUSY = """
    select charge_date || deployment as key, 0.0 as attributed, cost from facts
    where kind = 'node' and deployment is not null and usage_class = 'direct'
    union all
    select charge_date || deployment, cost, 0.0 from entries
    where kind = 'node' and deployment <> 'none' and cost_class <> 'idle_held'
"""
STAGES = {
    "GPU nodes to deployments": NODES_TO_DEPLOYMENTS,
    "GPU nodes to teams": NODES_TO_TEAMS,
    "vendors' tokens to teams": VENDORS,
    "team-days": TEAM_DAYS,
    "team-days, labels repaired": TEAM_DAYS_REPAIRED,
    "model-days": MODEL_DAYS,
    "deployments, busy time alone": BUSY,
}

ERRORS = """
    with summed as (
        select key, sum(attributed) as attributed, sum(cost) as cost from ({pairs}) group by key
    ),
    named as (select * from summed where key not like '%unallocated')
    select
        sum(abs(attributed - cost)) / sum(cost),
        sum(greatest(attributed - cost, 0)) / sum(cost),
        coalesce((select sum(attributed - cost) from summed where key like '%unallocated'), 0)
            / sum(cost),
        avg(abs(attributed - cost) / cost) filter (where cost > {smallest}),
        sum(cost)
    from named
"""
REQUEST_ERRORS = """
    with known as (
        select request_id, sum(effective_cost)::double as cost from true_requests group by all
    ),
    paired as (
        select
            case
                when hosting = 'api' then 'model APIs'
                when list_contains($1, requests.deployment) then 'self-hosted, several replicas'
                else 'self-hosted, one replica'
            end as kind,
            requests.cost as estimated, known.cost as cost,
            sum(requests.cost) over cell as estimated_total, sum(known.cost) over cell as total
        from requests inner join known using (request_id)
        window cell as (partition by requests.deployment, date_trunc('hour', started_at))
    ),
    scaled as (
        select *, estimated * total / estimated_total as share from paired
        where estimated_total > 0 and total > 0
    )
    select kind, sum(abs(share - cost)) / sum(cost),
        coalesce(median(abs(share - cost) / cost) filter (where cost > 0), 0), count(*)
    from scaled group by kind order by kind
"""
WRONG_OWNERS = """
    select 'rule ' || owner_rule || ' gives ' || team || ' what ' || real_team || ' ran', sum(cost)
    from owned
    where real_team <> team and team <> 'unallocated'
    group by all having sum(cost) > {smallest} order by 2 desc
"""
