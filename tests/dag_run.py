"""Run the DAG once in a process of its own, and print how its tasks ended, as JSON.

    python -m tests.dag_run '{"usage_date": "2026-10-30"}'

Airflow reads its configuration from the environment when it is imported, so it is never imported
into the test process.
"""

import json
import sys
from pathlib import Path

DAGS = Path(__file__).parents[1] / "dags"
HEAVY = {"altair", "boto3", "dbt", "duckdb", "great_expectations", "pandas", "polars", "pyarrow"}


def run(conf: dict[str, str]) -> dict[str, object]:
    """Parse the DAG folder, run the day without retries, and say what became of every task."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(DAGS)
    heavy = sorted(HEAVY & sys.modules.keys())
    dag = bag.dags["apportion_daily"]
    care = {
        task.task_id: {
            "pool": task.pool,
            "retries": task.retries,
            "has_timeout": task.execution_timeout is not None,
            "alerts": bool(task.on_failure_callback),
        }
        for task in dag.tasks
    }
    for task in dag.tasks:
        task.retries = 0
    finished = dag.test(logical_date=None, run_conf=conf)
    states = {
        f"{one.task_id}[{one.map_index}]" if one.map_index >= 0 else one.task_id: str(one.state)
        for one in finished.get_task_instances()
    }
    return {
        "import_errors": bag.import_errors,
        "heavy_modules": heavy,
        "care": care,
        "max_active_runs": dag.max_active_runs,
        "state": str(finished.state),
        "tasks": states,
    }


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(run(json.loads(sys.argv[1]))) + "\n")
