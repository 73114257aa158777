"""Reviews of statements: who looked at one and found it right, before it is issued.

    reviews/2026-10/4be1…c9.json      the review of exactly the statement with this content hash

A review holds for the content that was reviewed. When a run changes the statement, it is a draft
again; should it become what it was, the review holds again. Nothing is overwritten or deleted.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel

from ingest.durable import make_folder, write_json
from warehouse.statement_data import Statement

FOLDER = "reviews"


class Review(BaseModel, frozen=True):
    """Who reviewed which content of a statement, and when; `total_cost` is exact."""

    statement_id: str
    billing_period: date
    business_unit: str
    reviewed_by: str
    reviewed_at: datetime
    note: str
    generation: int
    currency: str
    total_cost: Decimal
    content_sha256: str


def content_hash(statement: Statement) -> str:
    """A hash of what a statement charges: its lines and adjustments, to the last digit."""
    header = statement.header
    content = {
        "statement": (header.statement_id, header.business_unit, header.period),
        "terms": (header.currency, header.charged_measure),
        "lines": [(entry.keys, f"{entry.amount:f}") for entry in statement.lines],
        "adjustments": [(entry.keys, f"{entry.amount:f}") for entry in statement.adjustments],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def reviews(home: Path) -> dict[str, Review]:
    """All reviews, by the content hash that they are for."""
    found = (
        Review.model_validate_json(path.read_bytes())
        for path in sorted((home / FOLDER).glob("[0-9]*/*.json"))
    )
    return {review.content_sha256: review for review in found}


def record(
    home: Path, statements: Iterable[Statement], *, by: str, note: str, generation: int
) -> list[Review]:
    """Record that somebody reviewed statements; one that is reviewed as it is stays so.

    Args:
        home: the home folder.
        statements: what was reviewed.
        by: who reviewed it.
        note: what the reviewer wants to be remembered.
        generation: the release that the statements are of.

    Returns:
        The reviews that hold now, one for each statement.
    """
    known, held = reviews(home), []
    for statement in statements:
        digest = content_hash(statement)
        review = known.get(digest) or _write(
            home, statement, digest, by=by, note=note, generation=generation
        )
        held.append(review)
    return held


def reviewed(
    statements: Iterable[Statement], known: Mapping[str, Review]
) -> dict[str, Review | None]:
    """The review of each statement by its identifier; None where its content was not reviewed."""
    return {s.header.statement_id: known.get(content_hash(s)) for s in statements}


def _write(
    home: Path, statement: Statement, digest: str, *, by: str, note: str, generation: int
) -> Review:
    header = statement.header
    review = Review(
        statement_id=header.statement_id,
        billing_period=header.billing_period,
        business_unit=header.business_unit,
        reviewed_by=by,
        reviewed_at=datetime.now(UTC).replace(microsecond=0),
        note=note,
        generation=generation,
        currency=header.currency,
        total_cost=header.total_cost,
        content_sha256=digest,
    )
    folder = home / FOLDER / header.period
    make_folder(folder)
    write_json(folder / f"{digest[:32]}.json", review.model_dump(mode="json"))
    return review
