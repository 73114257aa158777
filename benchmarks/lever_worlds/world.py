"""What a world of a lever is: how the lever's input comes about, and what it truly saves."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class World:
    """A process of which both the lever's input and its true saving are known.

    Every query reads the relation `draws`, a row per world and day: `world`, its `name` ('w007'),
    `usage_date`, `is_weekend`, and three draws of the day: `amount` (US dollars, with a weekday
    profile), `part` (a share, in thousandths) and `hours` (whole, from 0 to 12). `draw_hours` has
    them 24 times, with `h` and `hour_start`. Columns that a query does not name are empty;
    reference rows are in force always.

    Attributes:
        tables: the input, by model: rows of the days in `draws`. The name of the world is in the
            scope of what the lever finds, so that worlds do not meet.
        saved: the true saving of each world and day in US dollars, as `world`, `usage_date` and
            `saved`. Where the lever proposes a level or a number, it may read the proposal; all
            else must come from `draws`, by other means than the lever's own.
    """

    tables: Mapping[str, str]
    saved: str


def daily(expression: str, relation: str = "draws") -> str:
    """The query of `World.saved` where a saving is an expression over a row of draws."""
    return f"select world, usage_date, {expression} as saved from {relation}"
