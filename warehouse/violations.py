"""Queries whose rows must not exist: the exact part of the gate.

Sums are compared as DECIMAL inside DuckDB; great-expectations only counts the rows that differ.
"""

from dataclasses import dataclass

from warehouse.suites import PREVIOUS_RELEASE, REPORT, SOURCES

MONEY_COLUMNS = r"""
    (column_name like '%\_cost' escape '\' or column_name like 'cost\_per\_%' escape '\'
    or column_name like 'saving\_%' escape '\' or column_name in ('amount', 'difference'))
"""


@dataclass(frozen=True, slots=True)
class Violation:
    """A query whose rows must not exist; `message` says what they would mean."""

    suite: str
    check_name: str
    subject: str
    message: str
    query: str
    is_warning: bool = False


VIOLATIONS = (
    *(
        Violation(
            SOURCES,
            name,
            "landing.sources",
            "a configured source has never delivered a row of this window; its part is missing",
            f"""
            select sources.source_name, sources.kind
            from landing.sources
            left join landing.lake_files on sources.source_name = lake_files.source_name
            where lake_files.source_name is null and {which}
            """,  # noqa: S608 - our own words
            is_warning=is_warning,
        )
        for name, which, is_warning in (
            ("every_source_has_delivered", "sources.presence <> 'optional'", False),
            ("every_optional_source_has_delivered", "sources.presence = 'optional'", True),
        )
    ),
    Violation(
        SOURCES,
        "every_usage_day_was_delivered",
        "landing.lake_files",
        "a source that delivers by day has none for a day up to the usage date; it may come late",
        """
        with delivered as (
            select distinct source_name, cast(partition as date) as usage_date
            from landing.lake_files
            where length(partition) = 10
        )
        select source_name, usage_date
        from (select distinct source_name from delivered) as sources
        cross join (
            select cast(unnest(
                generate_series(first_usage_date, usage_date, interval 1 day)
            ) as date) as usage_date
            from landing.run
        ) as days
        anti join delivered using (source_name, usage_date)
        order by source_name, usage_date
        """,
        is_warning=True,
    ),
    Violation(
        SOURCES,
        "no_delivery_was_refused",
        "landing.refused_deliveries",
        "a newer delivery could not be trusted; the last good one of its period is used",
        """
        select source_name, period, code, message
        from landing.refused_deliveries
        order by source_name, period
        """,
        is_warning=True,
    ),
    Violation(
        SOURCES,
        "no_row_is_in_quarantine",
        "landing.quarantined_rows",
        "rows could not be trusted and are not in the costs; reconciliation shows their amount",
        """
        select source_name, object_key, object_row, reason_code, column_name, message
        from landing.quarantined_rows
        order by source_name, object_key, object_row
        """,
        is_warning=True,
    ),
    Violation(
        REPORT,
        "reconciliation_difference_is_zero",
        "main.reconciliation",
        "what was attributed is not what the provider delivered",
        """
        select provider, billing_account_id, billing_period, measure, delivered, difference
        from main.reconciliation
        where difference is distinct from 0
        order by all
        """,
    ),
    Violation(
        REPORT,
        "statements_add_up_to_the_ledger",
        "main.statements",
        "what business units are charged is not what the ledger says of the month",
        """
        with entries as (
            select billing_period, statement_measure as measure,
                reporting_billed_cost as billed_cost, reporting_effective_cost as effective_cost
            from main.cost_ledger cross join landing.run
            where billing_period not in (select billing_period from landing.closings)
            union all
            select billing_period, statement_measure, billed_cost, effective_cost
            from main.adjustments cross join landing.run
            union all
            select statement_period, charged_measure, billed_cost, effective_cost
            from landing.closed_entries
            inner join landing.closings on statement_period = closings.billing_period
        ),
        ledger as (
            select
                billing_period,
                sum(case measure when 'billed_cost' then billed_cost else effective_cost end)
                    as ledger_cost
            from entries
            group by billing_period
        ),
        charged as (
            select billing_period, sum(total_cost) as statement_cost
            from main.statements
            group by billing_period
        )
        select billing_period, ledger_cost, statement_cost
        from ledger full join charged using (billing_period)
        where ledger_cost is distinct from statement_cost
        order by billing_period
        """,
    ),
    Violation(
        REPORT,
        "statement_lines_add_up_to_statements",
        "main.statement_lines",
        "the lines of a statement do not add up to its total",
        """
        with lines as (
            select statement_id, sum(amount) as line_cost from main.statement_lines group by all
        )
        select statement_id, total_cost, line_cost
        from main.statements full join lines using (statement_id)
        where total_cost is distinct from line_cost
        order by statement_id
        """,
    ),
    Violation(
        REPORT,
        "daily_cost_adds_up_to_the_ledger",
        "main.daily_cost_by_team",
        "the cost of a day by team is not what the ledger says of the day",
        """
        with ledger as (
            select charge_date, sum(effective_cost) as ledger_cost
            from main.cost_ledger group by all
        ),
        daily as (
            select charge_date, sum(effective_cost) as daily_cost
            from main.daily_cost_by_team group by all
        )
        select charge_date, ledger_cost, daily_cost
        from ledger full join daily using (charge_date)
        where ledger_cost is distinct from daily_cost
        order by charge_date
        """,
    ),
    Violation(
        REPORT,
        "money_is_exact",
        "main",
        "a cost column is not DECIMAL(38,18); its last digits cannot be trusted",
        f"""
        select table_name, column_name, data_type
        from information_schema.columns
        where table_schema = 'main' and data_type <> 'DECIMAL(38,18)' and {MONEY_COLUMNS}
        order by table_name, column_name
        """,  # noqa: S608
    ),
    Violation(
        PREVIOUS_RELEASE,
        "no_team_vanished",
        "main.cost_ledger",
        "a team with costs in the previous release has none at all now",
        """
        select team, effective_cost as previous_effective_cost
        from acceptance.previous_teams
        where team not in (select team from main.cost_ledger)
        order by team
        """,
        is_warning=True,
    ),
    Violation(
        PREVIOUS_RELEASE,
        "earlier_costs_are_stable",
        "main.cost_ledger",
        "the cost of days that were published before moved by more than a fifth",
        """
        with now as (
            select provider, billing_period, billing_currency, sum(effective_cost) as effective_cost
            from main.cost_ledger
            where charge_date <= (select max(usage_date) from acceptance.previous_run)
            group by all
        )
        select
            provider,
            billing_period,
            billing_currency,
            previous_totals.effective_cost as previous_effective_cost,
            now.effective_cost
        from acceptance.previous_totals
        left join now using (provider, billing_period, billing_currency)
        where
            5 * abs(coalesce(now.effective_cost, 0) - previous_totals.effective_cost)
            > abs(previous_totals.effective_cost)
        order by provider, billing_period, billing_currency
        """,
        is_warning=True,
    ),
)
