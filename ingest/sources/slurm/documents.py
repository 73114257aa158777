"""What `sacct --json` prints: one document of jobs, which differs from version to version.

Numbers are plain in older versions and `{"set": true, "infinite": false, "number": 4}` in newer
ones; a state is a word, or a list of a word and flags. Times are seconds since 1970, whatever the
zone.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import polars as pl

from apportion.errors import DeliveryRefused
from ingest.sources.slurm.sacct import READ
from ingest.text_blocks import UNTRUSTED

ENDINGS = (".json", ".json.gz")
SCHEMA = {"line": pl.String, "object_row": pl.Int64, "is_ragged": pl.Boolean}
NOWHERE = "None assigned"
WITH_FIELDS = ("job_id", "time", "state")


def read_document(text: bytes, name: str) -> pl.DataFrame:
    """The jobs of a document as text, with the columns that `sacct.read_records` gives.

    Steps are inside their jobs here and are left alone.

    Args:
        text: the document.
        name: its address, for messages.

    Raises:
        DeliveryRefused: the text is no document of sacct, or Slurm reports errors in it.
    """
    rows = []
    for number, job in enumerate(_jobs(text, name), start=1):
        fields = _fields(job)
        is_ragged = any(name not in job for name in WITH_FIELDS)
        line = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS).decode()
        rows.append((line, number, is_ragged, *(fields.get(field) for field in READ)))
    return pl.DataFrame(rows, SCHEMA | dict.fromkeys(READ, pl.String), orient="row")


def _jobs(text: bytes, name: str) -> Sequence[Mapping[str, Any]]:
    jobs: list[dict[str, Any]] = []
    try:
        document = orjson.loads(text)
        jobs, errors = document["jobs"], document.get("errors")
        is_list = isinstance(jobs, list) and all(isinstance(job, dict) for job in jobs)
    except (ValueError, KeyError, TypeError, AttributeError):
        is_list, errors = False, None
    if not is_list or errors:
        problem = f"reports {str(errors)[:200]}" if errors else "is no document of sacct --json"
        raise DeliveryRefused(
            "SLURM_DOCUMENT",
            f"{name}: {problem}. {UNTRUSTED} Call sacct again; the document has a list `jobs` and "
            "no `errors`.",
        )
    return jobs


def _fields(job: Mapping[str, Any]) -> dict[str, str | None]:
    association, time = _object(job.get("association")), _object(job.get("time"))
    return {
        "JobID": _job_id(job),
        "JobIDRaw": _text(_number(job.get("job_id"))),
        "Cluster": _text(job.get("cluster") or association.get("cluster")),
        "Account": _text(job.get("account") or association.get("account")),
        "User": _text(job.get("user") or association.get("user")),
        "Partition": _text(job.get("partition")),
        "QOS": _text(job.get("qos")),
        "Submit": _time(time.get("submission")),
        "Start": _time(time.get("start")),
        "End": _time(time.get("end")),
        "ElapsedRaw": _text(_number(time.get("elapsed"))),
        "State": _state(_object(job.get("state")).get("current")),
        "AllocTRES": _tres(_object(job.get("tres")).get("allocated")),
        "NodeList": _text(job.get("nodes")) if job.get("nodes") != NOWHERE else None,
        "JobName": _text(job.get("name")),
    }


def _job_id(job: Mapping[str, Any]) -> str | None:
    """The id as `sacct` prints it: `3_0` for a task of an array, `7+1` for a part of a job."""
    array, het = _object(job.get("array")), _object(job.get("het"))
    task, part = _number(array.get("task_id")), _number(het.get("job_offset"))
    if _number(array.get("job_id")) and task is not None:
        return f"{_number(array.get('job_id'))}_{task}"
    if _number(het.get("job_id")) and part is not None:
        return f"{_number(het.get('job_id'))}+{part}"
    return _text(_number(job.get("job_id")))


def _state(current: Any) -> str | None:
    return _text(current[0] if isinstance(current, list) and current else current)


def _tres(allocated: Any) -> str | None:
    found = [one for one in allocated if isinstance(one, dict)] if allocated else []
    texts = [
        f"{one.get('type')}{'/' if one.get('name') else ''}{one.get('name') or ''}"
        f"={_number(one.get('count'))}"
        for one in found
    ]
    return ",".join(texts) or None


def _time(value: Any) -> str | None:
    """An instant in UTC as `sacct` would print it; nothing while it is not known."""
    seconds = _number(value)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}" if seconds else None


def _number(value: Any) -> int | None:
    if isinstance(value, dict):
        is_finite = value.get("set") and not value.get("infinite")
        value = value.get("number") if is_finite else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" else None
