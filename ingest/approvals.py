"""Letting a held delivery count: a person's decision, kept beside the delivery for ever."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from apportion.errors import ConfigError
from ingest.landing import Landing
from ingest.records import Approval, Header, Record
from ingest.restated import HELD


def approve(home: Path, delivery_id: str, *, by: str, reason: str) -> Approval:
    """Approve a delivery that is held because it says less than the one before.

    The next collection of its source makes it current, unless something else is wrong with it.

    Args:
        home: the home folder.
        delivery_id: as the refusal names it.
        by: who approves it.
        reason: why, in a few words; may be empty.

    Returns:
        The approval; of a delivery that is approved already, the one that there is.

    Raises:
        ConfigError: `DELIVERY_NOT_HELD`, there is no such delivery, or nothing to approve.
        Busy: a run is collecting the source.
    """
    held = dict(_held(home))
    record = held.get(delivery_id)
    if record is None:
        waiting = ", ".join(sorted(held)) or "none"
        raise ConfigError(
            "DELIVERY_NOT_HELD",
            f"{delivery_id}: no such delivery waits for an approval. Those that do: {waiting}.",
        )
    if record.approval:
        return record.approval
    landing = Landing(home, record.header.source_name)
    approval = Approval(
        **record.header.model_dump(include=set(Header.model_fields)),
        approved_by=by,
        approved_at=datetime.now(UTC).replace(microsecond=0),
        reason=reason,
    )
    with landing.locked():
        landing.approve(approval)
    return approval


def _held(home: Path) -> Iterator[tuple[str, Record]]:
    """Every delivery that was refused for saying too little, by its id."""
    root = home / "landing"
    zones = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    for zone in zones:
        for history in Landing(home, zone.name).histories():
            for record in history:
                if record.refusal and record.refusal.code in HELD:
                    yield record.header.delivery_id, record
