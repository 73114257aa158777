"""What sqlfluff sees of dbt's `adapter`: a dispatched macro keeps the shape of the SQL around it."""

from collections.abc import Callable

RELATIONS = {"json_entries"}


def dispatch(macro: str, _package: str) -> Callable[..., str]:
    """A macro that stands for its first argument; the engine's own words are not linted."""

    def stand_in(*arguments: str) -> str:
        first = arguments[0] if arguments else "bigint"
        return f"select * from {first}" if macro in RELATIONS else first  # noqa: S608

    return stand_in
