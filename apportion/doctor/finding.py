"""What `apportion doctor` says."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    `exit_code` is 0 where a run can go on; `is_late` says that it would go on without what should
    have come by now.
    """

    subject: str
    message: str
    exit_code: int = 0
    is_late: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether there is nothing to mend."""
        return self.exit_code == 0 and not self.is_late

    @property
    def mark(self) -> str:
        """The word before it: `ok`, `LATE` or `MEND`."""
        return "MEND" if self.exit_code else "LATE" if self.is_late else "ok"

    def as_json(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return asdict(self)
