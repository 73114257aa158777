"""The sample company's log and samples in the form in which they go into servers of one's own.

    exports/servers/litellm.sql              psql "$LITELLM_DSN" -f exports/servers/litellm.sql
    exports/servers/prometheus/DAY.om.gz     promtool tsdb create-blocks-from openmetrics, unpacked

They hold what `exports/litellm` and `exports/prometheus` hold, so a source reads either these or
those. LiteLLM's own table knows times to the millisecond.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

LITELLM, PROMETHEUS = "litellm_database", "prometheus"
TABLE = """\
create table if not exists "LiteLLM_SpendLogs" (
    request_id text primary key, call_type text, api_key text default '', spend float8 default 0,
    total_tokens int default 0, prompt_tokens int default 0, completion_tokens int default 0,
    "startTime" timestamp(3), "endTime" timestamp(3), "completionStartTime" timestamp(3),
    model text default '', model_id text default '', model_group text default '',
    custom_llm_provider text default '', api_base text default '', "user" text default '',
    metadata jsonb default '{}', cache_hit text default '', request_tags jsonb default '[]',
    team_id text, end_user text, messages jsonb default '{}', response jsonb default '{}',
    session_id text, status text
);
"""
"""The columns of LiteLLM's table that it fills for every call (its `schema.prisma`)."""

PLAIN = (
    *("call_type", "total_tokens", "prompt_tokens", "completion_tokens", "model", "model_id"),
    *("model_group", "custom_llm_provider", "api_base", "end_user", "session_id", "status"),
)
DOCUMENTS = ("metadata", "request_tags", "messages", "response")
TIMES = ("startTime", "endTime", "completionStartTime")
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NOTE = """
# The same {what} in {server}: {load}
# [[sources]]                           # instead of "{instead}"
# name = "{instead}"
# kind = "{kind}"
# {address}
"""
NOTES: Mapping[str, str] = MappingProxyType(
    {
        LITELLM: NOTE.format(
            what="calls",
            server="LiteLLM's database",
            load='psql "$LITELLM_DSN" -f exports/servers/litellm.sql',
            instead="gateway",
            kind=LITELLM,
            address='dsn = "env:LITELLM_DSN"',
        ),
        PROMETHEUS: NOTE.format(
            what="samples",
            server="a Prometheus server",
            load="promtool tsdb create-blocks-from openmetrics DAY.om DATA",
            instead="prometheus",
            kind=PROMETHEUS,
            address='url = "http://localhost:9090"',
        ),
    }
)
"""What `apportion.toml` says of them, as comments: the servers are not there yet."""


def write_dumps(exports: Path, chosen: tuple[str, ...]) -> None:
    """Write what servers of one's own can be filled with.

    Args:
        exports: where the log and the samples are.
        chosen: `litellm_database`, `prometheus`.
    """
    folder = exports / "servers"
    for kind in chosen:
        WRITERS[kind](exports, folder)


def _write_spend_logs(exports: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / "litellm.sql").open("w", encoding="utf-8") as file:
        file.write(TABLE)
        for path in sorted((exports / "litellm").rglob("*.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                rows = [_row(json.loads(line)) for line in lines]
            names = ", ".join(f'"{name}"' for name in rows[0])
            file.write(f'copy "LiteLLM_SpendLogs" ({names}) from stdin;\n')
            file.writelines("\t".join(map(_copied, row.values())) + "\n" for row in rows)
            file.write("\\.\n")


def _row(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A call as a row of LiteLLM's table."""
    metadata = payload["metadata"]
    return {
        "request_id": payload["id"],
        "api_key": metadata["user_api_key_hash"],
        "user": metadata["user_api_key_user_id"],
        "team_id": metadata["user_api_key_team_id"],
        "spend": payload["response_cost"],
        "cache_hit": str(payload["cache_hit"]),
        **{name: payload[name] for name in PLAIN},
        **{name: json.dumps(payload[name]) for name in DOCUMENTS},
        **{name: _instant(payload[name]) for name in TIMES},
    }


def _instant(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S.%f}"


def _copied(value: Any) -> str:
    return "\\N" if value is None else str(value).translate(ESCAPES)


def _write_samples(exports: Path, folder: Path) -> None:
    target = folder / "prometheus"
    target.mkdir(parents=True)
    for day in sorted(path for path in (exports / "prometheus").iterdir() if path.is_dir()):
        with gzip.open(target / f"{day.name}.om.gz", "wt", compresslevel=3) as file:
            for path in sorted(day.glob("*.parquet")):
                file.writelines(_open_metrics(pl.read_parquet(path)))
            file.write("# EOF\n")


def _open_metrics(samples: pl.DataFrame) -> Iterator[str]:
    """The lines of one metric, series by series."""
    if samples.is_empty():
        return
    metric = samples["metric"][0]
    yield f"# TYPE {metric} unknown\n"
    distinct = samples["labels"].unique()
    shown = pl.Series([f"{metric}{_labels(json.loads(text))}" for text in distinct])
    lines = samples.sort("labels", "sample_at").select(
        pl.col("labels").replace_strict(distinct, shown, return_dtype=pl.String),
        "value",
        pl.col("sample_at").dt.epoch("ms") / 1000,
    )
    text = StringIO()
    lines.write_csv(text, include_header=False, separator=" ", quote_style="never")
    yield text.getvalue()


def _labels(labels: Mapping[str, str]) -> str:
    quoted = {
        name: text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        for name, text in labels.items()
    }
    return "{" + ",".join(f'{name}="{text}"' for name, text in quoted.items()) + "}"


WRITERS: Mapping[str, Callable[[Path, Path], None]] = MappingProxyType(
    {LITELLM: _write_spend_logs, PROMETHEUS: _write_samples}
)
