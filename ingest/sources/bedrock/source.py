"""The source kind `bedrock_invocations`: the log that Bedrock writes to S3.

    <location>/<prefix>/AWSLogs/<account>/BedrockModelInvocationLogs/<region>/2026/10/03/04/….json.gz

An object holds JSON lines. Requests and answers of more than 100 kB are objects of their own below
`data/`; they are never read. What is landed are the allow-listed fields of a record
(`records.invocation_format`): prompts and answers never reach a disk.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from pydantic import Field, model_validator

from ingest.source import Batch
from ingest.sources.bedrock.records import invocation_format, keep_invocation
from ingest.sources.bedrock.rows import type_invocations
from ingest.sources.call_logs.redacting import Hashing, Line, Redact
from ingest.sources.call_logs.source import CallLogOptions, CallLogSource
from ingest.stores import Store

LOG = "AWSLogs/{account}/BedrockModelInvocationLogs/{region}/%Y/%m/%d/"


class BedrockOptions(CallLogOptions):
    """Where the log is, and what its request metadata means."""

    files: tuple[str, ...] = Field((), description="Keys of files to read instead of days.")
    prefix: str = Field("", description="The part of the keys before `AWSLogs`.")
    accounts: tuple[str, ...] = Field((), description="The accounts that log there.")
    regions: tuple[str, ...] = Field((), description="The regions that log there.")
    team: str = Field("team", description="The key of `requestMetadata` that names the team.")
    tags: tuple[str, ...] = Field((), description="Keys of `requestMetadata` that are kept.")
    end_user: str | None = Field(
        None, description="The key of `requestMetadata` that names the end user, to be hashed."
    )
    models: dict[str, str] = Field(
        default_factory=dict,
        description="The model behind an application inference profile, or a provisioned or "
        "imported model, by its ARN or the last part of it.",
    )

    @model_validator(mode="after")
    def _names_something(self) -> "BedrockOptions":
        if not self.files and not (self.accounts and self.regions):
            raise ValueError("`accounts` and `regions` say whose log is read, or `files` does")
        return self

    def day_prefixes(self) -> tuple[str, ...]:
        """The folder of a day of each account and region."""
        prefix = f"{self.prefix.rstrip('/')}/".replace("%", "%%") if self.prefix else ""
        return tuple(
            prefix + LOG.format(account=account, region=region)
            for account in self.accounts
            for region in self.regions
        )


class BedrockInvocationsSource(CallLogSource[BedrockOptions]):
    """The invocation log of some accounts and regions."""

    options_model = BedrockOptions
    documents = ()

    def __init__(self, name: str, store: Store, options: BedrockOptions) -> None:
        self.layout = invocation_format(options.team)
        super().__init__(name, store, options)

    def redaction(self) -> Redact:
        """The envelope and the counters of a record."""
        options = self._options

        def redact(record: Mapping[str, Any], hashing: Hashing | None) -> Iterator[Line]:
            return keep_invocation(record, hashing, self.layout, options.tags, options.end_user)

        return redact

    def is_part(self, key: str) -> bool:
        """Whether an object holds records, and not the body of one."""
        return "/data/" not in key and key.endswith((".json.gz", ".json"))

    def typed(self, lines: pl.DataFrame) -> Batch:
        """Type landed records."""
        return type_invocations(self.layout.read(lines), self._options.models)
