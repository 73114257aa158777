"""Records of `sacct`, typed into `slurm_jobs`."""

import re
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from ingest import schemas
from ingest.source import Batch
from ingest.sources.instants import printed_instants
from ingest.sources.quarantine import complete
from ingest.sources.slurm.node_lists import nodes_of

TABLE = "slurm_jobs"
NO_TIME = ("Unknown", "None", "N/A")
TIMESTAMP_FORMAT = "%Y-%m-%dT%H:%M:%S"
TIMES = {"submit_at": "Submit", "started_at": "Start", "completed_at": "End"}
TEXTS = {
    "job_id": "JobID",
    "cluster": "Cluster",
    "account": "Account",
    "user_name": "User",
    "partition": "Partition",
    "qos": "QOS",
    "job_name": "JobName",
}
ELAPSED = r"^(?:(?P<days>\d+)-)?(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d)$"
GPUS = re.compile(r"(?:^|,)gres/gpu(?::([^=,]+))?=(\d+)")
LONGEST_RECORD = 2_000
ONE_DAY = timedelta(days=1)
ONE_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Problem:
    """Rows that cannot be trusted, and why."""

    code: str
    column: str
    rows: pl.Expr
    explanation: str


def job_batch(records: pl.DataFrame, object_key: str, time_zone: str) -> Batch:
    """The batch of the records of one file.

    A record goes to every day on which its allocation ran, with that day's part of it: a day's rows
    say everything about the day. A job that is still waiting has no start; it belongs to the day of
    its submission.

    Args:
        records: what `sacct.read_records` gives.
        object_key: the file.
        time_zone: the zone of the printed times.
    """
    typed = _typed(records, time_zone)
    problems = _problems()
    reason = pl.coalesce(
        pl.when(problem.rows).then(pl.lit(number)) for number, problem in enumerate(problems)
    )
    typed = typed.with_columns(reason.cast(pl.Int32).alias("problem"))
    is_good = typed["problem"].is_null()
    rows = _by_day(typed.filter(is_good)).select("object_row", *schemas.SLURM_JOBS)
    partitions = rows.select(pl.coalesce("started_at", "submit_at").dt.strftime("%Y-%m-%d"))
    return Batch(
        TABLE,
        rows.with_columns(object_key=pl.lit(object_key)),
        partitions.to_series(),
        _quarantined(typed.filter(~is_good), problems, object_key),
    )


def gpus_of(tres: str) -> tuple[int, str | None]:
    """The number of GPUs of an allocation, and their types.

    Slurm lists the same GPUs by type and in total (`gres/gpu:h100=4,gres/gpu=4`): the total counts,
    and where there is none the sum over the types.
    """
    found = [(kind, int(count)) for kind, count in GPUS.findall(tres)]
    totals = [count for kind, count in found if not kind]
    types = sorted({kind for kind, count in found if kind and count})
    return (
        totals[0] if totals else sum(count for _, count in found),
        ",".join(types) or None,
    )


def _by_day(rows: pl.DataFrame) -> pl.DataFrame:
    """Every record as its parts, one for each UTC day on which it ran.

    The part of a running job that lies before midnight ends there. Elapsed seconds, which leave out
    suspended time, are cut in proportion to the time of each part, so that they add up.
    """
    start, day = pl.col("started_at"), pl.col("day")
    end = pl.coalesce("completed_at", start + pl.duration(seconds="elapsed_seconds"))
    first = start.dt.truncate("1d")
    last = pl.max_horizontal(first, (end - ONE_TICK).dt.truncate("1d"))
    until = pl.min_horizontal("ends", day + ONE_DAY)
    since = pl.max_horizontal("starts", day)
    whole = (pl.col("ends") - pl.col("starts")).dt.total_seconds()
    parts = rows.with_columns(
        starts=start, ends=end, day=pl.datetime_ranges(first, last, "1d")
    ).explode("day", empty_as_null=True, keep_nulls=True)
    is_last = day == pl.col("ends").sub(ONE_TICK).dt.truncate("1d")
    elapsed = [
        pl.col("elapsed_seconds") * (instant - pl.col("starts")).dt.total_seconds() // whole
        for instant in (since, until)
    ]
    is_cut = pl.col("ends").sub(ONE_TICK).dt.truncate("1d") > pl.col("starts").dt.truncate("1d")
    return parts.with_columns(
        started_at=pl.when(is_cut).then(since).otherwise("starts"),
        completed_at=pl.when(is_cut & ~is_last).then(until).otherwise("completed_at"),
        elapsed_seconds=pl.when(is_cut).then(elapsed[1] - elapsed[0]).otherwise("elapsed_seconds"),
    )


def _typed(records: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    tres = records["AllocTRES"].fill_null("")
    distinct = tres.unique()
    gpus = [gpus_of(text) for text in distinct]
    counts = pl.Series([count for count, _ in gpus], dtype=pl.Int64)
    types = pl.Series([kind for _, kind in gpus], dtype=pl.String)
    lists = records["NodeList"].drop_nulls().unique()
    nodes = pl.Series([nodes_of(text) for text in lists], dtype=pl.String)
    return records.select(
        "line",
        "object_row",
        "is_ragged",
        "Submit",
        "Start",
        "End",
        *(pl.col(field).alias(column) for column, field in TEXTS.items()),
        *(
            printed_instants(pl.col(field), TIMESTAMP_FORMAT, time_zone).alias(column)
            for column, field in TIMES.items()
        ),
        job_id_raw=pl.col("JobIDRaw").cast(pl.Int64, strict=False),
        state=pl.col("State").str.split(" ").list.first(),
        elapsed_seconds=_elapsed(),
        gpu_count=tres.replace_strict(distinct, counts, return_dtype=pl.Int64),
        node_list=pl.col("NodeList").replace_strict(lists, nodes, return_dtype=pl.String),
        gpu_type=tres.replace_strict(distinct, types, return_dtype=pl.String),
    )


def _elapsed() -> pl.Expr:
    """Seconds, from `ElapsedRaw` or from `[days-]hours:minutes:seconds`."""
    part = pl.col("Elapsed").str.extract_groups(ELAPSED).struct.field
    days, hours, minutes, seconds = (
        part(name).cast(pl.Int64) for name in ("days", "hours", "minutes", "seconds")
    )
    printed = ((days.fill_null(0) * 24 + hours) * 60 + minutes) * 60 + seconds
    return pl.coalesce(pl.col("ElapsedRaw").cast(pl.Int64, strict=False), printed)


def _problems() -> list[_Problem]:
    """What must hold of every record."""
    is_bad_time = [
        _Problem(
            "BAD_TIMESTAMP",
            column,
            pl.col(column).is_null() & pl.col(field).is_not_null() & ~pl.col(field).is_in(NO_TIME),
            "the time is not of the form 2026-10-03T04:00:00",
        )
        for column, field in TIMES.items()
    ]
    return [
        _Problem("INPUT_RAGGED", "", pl.col("is_ragged"), "the line has not the header's fields"),
        _Problem(
            "DUPLICATE_RECORD",
            "",
            ~pl.col("line").is_first_distinct(),
            "an earlier line of the file is the same, letter by letter",
        ),
        *is_bad_time,
        _Problem(
            "BAD_TIMESTAMP",
            "started_at",
            pl.coalesce("started_at", "submit_at").is_null(),
            "the job has neither a start nor a submission, so it belongs to no day",
        ),
        _Problem(
            "BAD_PERIOD",
            "completed_at",
            pl.col("completed_at") < pl.col("started_at"),
            "the job ends before it starts",
        ),
        _Problem(
            "BAD_NUMBER", "job_id_raw", pl.col("job_id_raw").is_null(), "the job has no number"
        ),
        _Problem(
            "BAD_NUMBER",
            "elapsed_seconds",
            pl.col("elapsed_seconds").is_null() | (pl.col("elapsed_seconds") < 0),
            "the elapsed time is neither seconds nor [days-]hours:minutes:seconds",
        ),
        _Problem("MISSING_VALUE", "state", pl.col("state").is_null(), "the job has no state"),
    ]


def _quarantined(rows: pl.DataFrame, problems: list[_Problem], object_key: str) -> pl.DataFrame:
    of_row = [problems[number] for number in rows["problem"]]
    return complete(
        rows.select(
            "object_row",
            table_name=pl.lit(TABLE),
            object_key=pl.lit(object_key),
            reason_code=pl.Series([problem.code for problem in of_row], dtype=pl.String),
            column_name=pl.Series([problem.column for problem in of_row], dtype=pl.String),
            message=pl.Series([problem.explanation for problem in of_row], dtype=pl.String),
            record=pl.col("line").str.head(LONGEST_RECORD),
        )
    )
