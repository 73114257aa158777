"""What the report asks a release for single things: requests, jobs, people, bill lines.

`spend` is as in `report_queries`.
"""

REQUESTS = """
    select
        request_id, started_at, team, model, deployment, input_tokens, output_tokens, status,
        reporting_effective_cost as cost,
        reporting_idle_effective_cost as idle
    from request_costs
    where
        cost_status = 'priced'
        and started_at >= (select max(usage_date) from daily_unit_economics)
        and started_at < (select max(usage_date) + 1 from daily_unit_economics)
    order by cost desc, request_id
    limit 10
"""
JOBS = """
    select
        job_id, job_name, user_name, team, purpose, run_count, gpu_count, held_gpu_seconds,
        reporting_effective_cost as cost,
        reporting_idle_cost as idle,
        failed_cost + node_failed_cost + preempted_cost + timed_out_cost + requeued_cost as lost,
        goodput_ratio
    from job_costs
    order by cost desc, scheduler, cluster, job_id
    limit 15
"""
OUTCOMES = """
    select
        outcome,
        count(*) filter (where run_number > 0) as run_count,
        sum(held_gpu_seconds) as held_gpu_seconds,
        sum(reporting_effective_cost) as cost
    from job_runs
    group by outcome
    order by cost desc, outcome
"""
USERS = """
    select
        user_name, team,
        sum(reporting_effective_cost) as cost,
        coalesce(sum(reporting_effective_cost) filter (where cost_class = 'idle_held'), 0) as idle
    from daily_cost_by_user
    where user_name <> 'none'
    group by user_name, team
    order by cost desc, user_name, team
    limit 10
"""
CHARGES = """
    with lines as (
        select source_charge_key as charge_key, provider, service_name, sum(cost) as cost
        from spend
        group by all
        order by abs(sum(cost)) desc, charge_key
        limit 15
    )
    select
        lines.*,
        charges.charge_description, charges.resource_id,
        charges.charge_period_start, charges.charge_period_end
    from lines
    left join charges using (charge_key)
    order by abs(cost) desc, charge_key
"""
