"""What `sacct -P` prints: fields between bars, nothing escaped.

A job's name may hold bars, so it has to be the last field; everything behind the bar before it is
the name.
"""

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.text_blocks import UNTRUSTED, encoding_refused

XDMOD_FIELDS: tuple[str, ...] = (
    *("JobID", "JobIDRaw", "Cluster", "Partition", "QOS", "Account", "Group", "GID", "User", "UID"),
    *("Submit", "Eligible", "Start", "End", "Elapsed", "ExitCode", "State", "NNodes", "NCPUS"),
    *("ReqCPUS", "ReqMem", "ReqTRES", "AllocTRES", "Timelimit", "NodeList", "JobName"),
)
"""The fields of a file without a header: those that Open XDMoD asks `sacct` for."""

NEEDED = ("JobID", "JobIDRaw", "Account", "State", "Start", "End", "AllocTRES")
OPTIONAL = ("Cluster", "Partition", "QOS", "User", "Submit", "Elapsed", "ElapsedRaw")
READ = (*NEEDED, *OPTIONAL, "NodeList", "JobName")


def read_records(text: bytes, name: str) -> pl.DataFrame:
    """The records of a file as text: the columns `READ`, `object_row`, `line` and `is_ragged`.

    A field that the file does not have, or that is empty, is null. `is_ragged` marks lines with
    another number of fields than the header, whose values could stand under wrong names.

    Args:
        text: the file.
        name: its address, for messages.

    Raises:
        DeliveryRefused: the text is not UTF-8, lacks a field, or holds the steps of jobs.
    """
    lines = _lines(text, name)
    fields = XDMOD_FIELDS
    if lines and "JobID" in lines[0].split("|"):
        fields = tuple(lines.pop(0).split("|"))
    _check_fields(fields, name)
    records = _split(pl.Series("line", lines, dtype=pl.String), fields)
    steps = records.filter(pl.col("JobID").str.contains(".", literal=True))
    if steps.height:
        raise DeliveryRefused(
            "SLURM_STEPS",
            f"{name} row {steps['object_row'][0]}: {steps['JobID'][0][:40]!r} is a step of a job; "
            f"steps repeat the GPUs of their job. {UNTRUSTED} Call sacct with -X.",
        )
    return records


def _lines(text: bytes, name: str) -> list[str]:
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + text.count(b"\n", 0, error.start)
        raise encoding_refused(name, f"has a byte in line {line} that is not UTF-8") from None
    return [line.removesuffix("\r") for line in decoded.split("\n") if line.strip()]


def _check_fields(fields: tuple[str, ...], name: str) -> None:
    missing = [field for field in NEEDED if field not in fields]
    if not {"Elapsed", "ElapsedRaw"} & set(fields):
        missing.append("ElapsedRaw")
    if missing or len(set(fields)) < len(fields):
        problem = f"lacks {', '.join(missing)}" if missing else "names a field twice"
        raise DeliveryRefused(
            "COLUMN_MISSING",
            f"{name}: the header {problem}. {UNTRUSTED} Ask sacct for these fields, with JobName "
            "as the last.",
        )
    if "JobName" in fields[:-1]:
        raise DeliveryRefused(
            "SLURM_JOB_NAME",
            f"{name}: JobName is not the last field, and a name with a bar in it would shift the "
            f"fields behind it. {UNTRUSTED} Call sacct with JobName as the last field.",
        )


def _split(lines: pl.Series, fields: tuple[str, ...]) -> pl.DataFrame:
    count = len(fields)
    parts = lines.to_frame().select(
        "line",
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("object_row"),
        pl.col("line").str.count_matches("|", literal=True).alias("bars"),
        pl.col("line").str.splitn("|", count).struct.rename_fields(list(fields)).struct.unnest(),
    )
    too_many = pl.col("bars") >= count if fields[-1] != "JobName" else pl.lit(value=False)
    given = [
        pl.when(pl.col(field) != "").then(field).alias(field) for field in READ if field in fields
    ]
    absent = [pl.lit(None, pl.String).alias(field) for field in READ if field not in fields]
    is_ragged = (pl.col("bars") < count - 1) | too_many
    return parts.select("line", "object_row", is_ragged.alias("is_ragged"), *given, *absent)
