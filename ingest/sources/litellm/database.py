"""The source kind `litellm_database`: the rows of LiteLLM's own database, day by day.

A day is the calls that started on it. A run looks at the days of a trailing window, because calls
are written when they end, and later still where LiteLLM writes in batches; a day whose number of
rows or last end did not change is not fetched again. A day that lost rows, because LiteLLM purges
old ones, does not replace what was collected before.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, Field

from ingest.source import Delivery, Window, version_of
from ingest.sources.call_logs.source import HashingOptions
from ingest.sources.litellm.source import LiteLlmReader
from ingest.sources.litellm.spend_logs import SpendLogStore


class LiteLlmDatabaseOptions(HashingOptions):
    """Which database, and how far back a run looks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dsn: str = Field(
        pattern=r"^(env|file):",
        description="Where the connection string is: `env:NAME` or `file:/path`.",
    )
    schema_name: str = Field("public", alias="schema", description="The schema of the table.")
    trailing_days: int = Field(
        31, ge=1, description="How many days up to the last one a run looks at; more to catch up."
    )
    timeout_seconds: int = Field(300, ge=1, description="How long one query may take.")


class LiteLlmDatabaseSource(LiteLlmReader):
    """The spend logs of one gateway's database."""

    options_model = LiteLlmDatabaseOptions

    def __init__(self, name: str, options: LiteLlmDatabaseOptions) -> None:
        self.name = name
        self._trailing = timedelta(days=options.trailing_days - 1)
        self._table = SpendLogStore(
            options.dsn, options.schema_name, options.hashing, options.timeout_seconds
        )
        self.store = self._table

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], directory: Path) -> Self:
        """Open a configured source; nothing is contacted.

        Raises:
            pydantic.ValidationError: an option is unknown or wrong.
        """
        return cls(name, cls.options_model.model_validate(dict(options)).beside(directory))

    def discover(self, window: Window) -> Iterator[Delivery]:
        """The days of the window's end on which calls started; one with more rows is newer.

        Raises:
            SourceUnavailable: the database does not answer.
            ConfigError: the database refuses, or has no such table.
        """
        first = max(window.first, window.last - self._trailing)
        for day, count, info in self._table.days(first, window.last):
            order = f"{count:020d}"
            yield Delivery(
                self.name, f"{day}", version_of([info]), order, (info,), promised_rows=count
            )
