"""The chargeback journal of a billing period: what the general ledger books.

Every statement is debited to its cost centres, per expense account; the invoices' clearing account
is credited per provider. Where statements charge effective cost, an account for prepayments may
take what it differs from billed cost, so that the clearing account meets the invoices. Both sides
add up to the period's payable total to the minor unit, because they are rounded from it by largest
remainder (`warehouse.rounding`). Amounts below zero stand on the other side, as ledgers want them.
"""

import calendar
import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from apportion.errors import GateRefused
from apportion.settings import Journal
from warehouse.cells import text_cell
from warehouse.rounding import exact_sum, minor_unit, round_parts
from warehouse.statement_data import Statement
from warehouse.statement_queries import KEYS

COLUMNS = (
    *("journal_id", "posting_date", "line_number", "account", "business_unit", "cost_center"),
    *("provider", "debit", "credit", "currency", "statement_id", "description"),
)


class Posting(NamedTuple):
    """One line of the journal; `amount` is a debit above zero and a credit below."""

    account: str
    business_unit: str
    cost_center: str
    provider: str
    statement_id: str
    description: str
    amount: Decimal


def write_journal(statements: Sequence[Statement], accounts: Journal, path: Path) -> None:
    """Write the journal of a period's statements as CSV (RFC 4180, UTF-8, every field quoted).

    Args:
        statements: all statements of one period, in one currency.
        accounts: the accounts to book to.
        path: the file.

    Raises:
        GateRefused: `JOURNAL_UNBALANCED`, debits and credits differ: a mistake of ours.
    """
    header = statements[0].header
    postings = [*_debits(statements, accounts), *_credits(statements, accounts)]
    if exact_sum([posting.amount for posting in postings]):
        raise GateRefused(
            "JOURNAL_UNBALANCED",
            f"{path.name}: debits and credits differ by "
            f"{exact_sum([posting.amount for posting in postings])} {header.currency}. "
            "The files on disk stay as they were. Report this with the release's generation.",
        )
    month = header.billing_period
    last_day = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(COLUMNS)
        for number, posting in enumerate(postings, 1):
            debit, credit = max(posting.amount, Decimal(0)), max(-posting.amount, Decimal(0))
            writer.writerow(
                (
                    f"apportion-{header.period}",
                    last_day,
                    number,
                    text_cell(posting.account),
                    text_cell(posting.business_unit),
                    text_cell(posting.cost_center),
                    text_cell(posting.provider),
                    f"{debit:f}" if debit else "",
                    f"{credit:f}" if credit else "",
                    header.currency,
                    text_cell(posting.statement_id),
                    text_cell(posting.description),
                )
            )


def _debits(statements: Sequence[Statement], accounts: Journal) -> Iterator[Posting]:
    """Per statement: its cost centres and expense accounts, adding up to its payable amount."""
    for statement in statements:
        header = statement.header
        sums = _sums(statement, ("cost_center", "cost_class"), accounts)
        rounded = round_parts([*sums.values()], minor_unit(header.currency), header.payable)
        for (account, cost_center), amount in zip(sums, rounded, strict=True):
            if amount:
                description = f"AI and cloud costs {header.period}"
                yield Posting(
                    *(account, header.business_unit, cost_center, ""),
                    *(header.statement_id, description, amount),
                )


def _sums(
    statement: Statement, names: tuple[str, str], accounts: Journal
) -> dict[tuple[str, str], Decimal]:
    """Exact sums by account and cost centre, sorted."""
    center, cost_class = (KEYS.index(name) for name in names)
    amounts: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for line in statement.lines:
        account = accounts.account(line.keys[cost_class])
        amounts[account, line.keys[center]].append(line.amount)
    return {key: exact_sum(amounts[key]) for key in sorted(amounts)}


def _credits(statements: Sequence[Statement], accounts: Journal) -> Iterator[Posting]:
    """Per provider what is charged: the invoices on the clearing account, the rest as prepaid."""
    header = statements[0].header
    charged = _by_provider(statements, "amount", exact_sum([s.header.payable for s in statements]))
    invoiced = _by_provider(statements, "billed_cost") if accounts.prepaid_account else charged
    for provider, amount in charged.items():
        of = f"{provider} {header.period}"
        for account, part, description in (
            (accounts.clearing_account, invoiced[provider], f"Invoices of {of}"),
            (
                accounts.prepaid_account or "",
                amount - invoiced[provider],
                f"Effective less billed cost of {of}",
            ),
        ):
            if part:
                yield Posting(account, "", "", provider, "", description, -part)


def _by_provider(
    statements: Sequence[Statement], measure: str, total: Decimal | None = None
) -> dict[str, Decimal]:
    """Payable sums of all lines per provider, sorted; they add up to `total`."""
    position = KEYS.index("provider")
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for statement in statements:
        for line in statement.lines:
            amounts[line.keys[position]].append(getattr(line, measure))
    providers = sorted(amounts)
    sums = [exact_sum(amounts[provider]) for provider in providers]
    rounded = round_parts(sums, minor_unit(statements[0].header.currency), total)
    return dict(zip(providers, rounded, strict=True))
