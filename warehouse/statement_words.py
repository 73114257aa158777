"""The words of a statement, the same on its page and in its workbook: codes become sentences."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from warehouse.page_text import cost_class, day, month, words
from warehouse.statement_data import Entry, Statement

MEASURES = {
    "billed_cost": "Billed cost: what the invoices of the month say",
    "effective_cost": "Effective cost: what was paid in advance counts when it is used",
}
NOTES = {
    "direct": "what the unit's own workloads and requests used",
    "idle_held": "GPUs that the unit's workloads had reserved and did not use",
    "idle_unheld": "GPUs that nobody had reserved, passed on by a policy",
    "shared": "the unit's part of common costs; the policies are below",
    "commitment_unused": "bought in advance and not used by anybody",
    "purchase": "bought once, or in advance",
    "tax": "as billed by the providers",
    "credit": "granted by the providers",
    "adjustment": "corrections by the providers",
    "prior_period_adjustment": "what changed of months that were issued before; details are below",
    "unallocated": "no rule names an owner",
}
METHODS = {
    "shared_proportional": "in proportion to direct cost",
    "shared_by_metric": "by measured use",
    "shared_even": "the same for every team",
    "shared_fixed": "by agreed weights",
    "shared_keep_central": "kept by this team",
}


def status_text(statement: Statement) -> str:
    """What the status means, who gave it, and when."""
    reviewed, issued = statement.reviewed, statement.issued
    seen = f"Reviewed by {reviewed.by} on {day(reviewed.at)}" if reviewed else ""
    if issued:
        after = f" {seen}." if seen else ""
        return (
            f"Issued by {issued.by} on {day(issued.at)}.{after} It never changes: later "
            "differences are on a later statement."
        )
    until = f"Usage is known up to {day(statement.terms.usage_date)}; a later run may change this."
    return f"{seen}, not issued yet. {until}" if seen else f"Draft. {until}"


def models_in_words(statement: Statement) -> list[Entry]:
    """By model and purpose."""
    return _in_words(statement.models, {0: _model, 1: _purpose})


def shared_in_words(statement: Statement) -> list[Entry]:
    """By provider, service, cost class, policy, method and team."""
    return _in_words(statement.shared, {2: cost_class, 4: _method})


def adjustments_in_words(statement: Statement) -> list[Entry]:
    """By month, team, provider, service, cost class and reason."""
    return _in_words(statement.adjustments, {0: _month, 4: cost_class, 5: words})


def classes_in_words(statement: Statement) -> list[Entry]:
    """By cost class."""
    return _in_words(statement.classes, {0: cost_class})


def _in_words(entries: Iterable[Entry], spoken: Mapping[int, Callable[[str], str]]) -> list[Entry]:
    """Entries whose keys at some places are codes, in words."""
    return [
        entry._replace(
            keys=tuple(spoken.get(place, str)(key) for place, key in enumerate(entry.keys))
        )
        for entry in entries
    ]


def _model(name: str) -> str:
    return "not for a model" if name == "none" else name


def _purpose(name: str) -> str:
    return "" if name == "none" else words(name)


def _method(name: str) -> str:
    return METHODS.get(name, words(name))


def _month(text: str) -> str:
    return month(date.fromisoformat(f"{text}-01"))
