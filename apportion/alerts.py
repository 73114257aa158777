"""What is written down when a scheduled task has failed for good: a log line and a file.

The files of `<home>/alerts/` are for whatever watches the company's machines; a task that succeeds
later does not remove them.
"""

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from ingest.durable import make_folder, write_json

LOG = logging.getLogger(__name__)
FOLDER = "alerts"
NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class Alert(BaseModel):
    """One failed task of the scheduler."""

    dag_id: str
    run_id: str
    task_id: str
    usage_date: str | None
    message: str
    failed_at: datetime


def alert(
    home: Path, *, dag_id: str, run_id: str, task_id: str, usage_date: str | None, message: str
) -> Path:
    """Log a failure as one line of JSON and write it to `<home>/alerts/`.

    Returns:
        The file.
    """
    failure = Alert(
        dag_id=dag_id,
        run_id=run_id,
        task_id=task_id,
        usage_date=usage_date,
        message=message,
        failed_at=datetime.now(UTC),
    ).model_dump(mode="json")
    LOG.error("ALERT %s", json.dumps(failure))
    make_folder(home / FOLDER)
    path = home / FOLDER / f"{NOT_IN_A_NAME.sub('_', f'{run_id}-{task_id}')}.json"
    write_json(path, failure)
    return path
