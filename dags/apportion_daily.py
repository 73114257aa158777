"""Apportion's daily run on Airflow: a DAG run per usage day, a task per step, no logic of its own.

The run of 02:30 UTC builds the day before. It takes everything that was delivered up to then, late
days included, so a missed night is made up by the next one; `airflow backfill create
--max-active-runs 1` runs past days one by one. Configuration and home folder come from
APPORTION_CONFIG and APPORTION_HOME.

A source that stays unreachable fails its own task and, at the end, the run; what the others
delivered is published all the same, if the gate lets it pass. An error that a person must correct
is not tried again.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from airflow.sdk import (
    Asset,
    CronPartitionTimetable,
    Param,
    TriggerRule,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowFailException

from apportion import steps
from apportion.context import from_environment
from apportion.errors import ApportionError
from apportion.settings import Settings

P, R = ParamSpec("P"), TypeVar("R")
WAREHOUSE = Asset("apportion_warehouse", uri="apportion://warehouse/current")
WRITER = "duckdb_writer"
"""A pool of one slot: builds never overlap, not even those of a backfill."""


def settings() -> Settings:
    """The configuration that the environment names."""
    return from_environment().settings()


def usage_date() -> date:
    """The day that this DAG run is about; never guessed from the clock."""
    context = get_current_context()
    day = context["dag_run"].partition_key or context["params"]["usage_date"]
    if not day:
        raise AirflowFailException(
            "NO_USAGE_DATE this run has no partition key. Nothing was done, because the day of a "
            'cost is never guessed. Trigger with the configuration {"usage_date": "2026-11-22"}.'
        )
    return date.fromisoformat(day)


def final_unless_transient(step: Callable[P, R]) -> Callable[P, R]:
    """Let Airflow try again what may pass by itself, and nothing that a person must correct."""

    @wraps(step)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return step(*args, **kwargs)
        except ApportionError as error:
            if error.is_transient:
                raise
            raise AirflowFailException(str(error)) from error

    return attempt


def alert(context: dict[str, Any]) -> None:
    """Write down a task that has failed for good."""
    from apportion.alerts import alert as write

    write(
        from_environment().home,
        dag_id=context["dag"].dag_id,
        run_id=context["run_id"],
        task_id=context["task_instance"].task_id,
        usage_date=context["dag_run"].partition_key or context["params"]["usage_date"],
        message=str(context.get("exception")),
    )


@dag(
    schedule=CronPartitionTimetable(
        "30 2 * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d"
    ),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    params={
        "usage_date": Param(
            None,
            type=["null", "string"],
            format="date",
            description="Newest usage day (UTC) of a run that is triggered by hand.",
        )
    },
    default_args={
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(hours=1),
        "execution_timeout": timedelta(hours=4),
        "on_failure_callback": alert,
    },
    doc_md=__doc__,
    tags=["apportion"],
)
def apportion_daily() -> None:
    """Sources side by side, then build, gate, publish and export one after the other."""

    @task
    @final_unless_transient
    def sources() -> list[str]:
        usage_date()
        return steps.configured_sources(settings())

    @task(max_active_tis_per_dagrun=4, map_index_template="{{ task.op_kwargs['source_name'] }}")
    @final_unless_transient
    def ingest(source_name: str) -> None:
        steps.ingest(settings(), source_name, usage_date())

    @task(pool=WRITER, trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
    @final_unless_transient
    def build() -> str:
        return steps.build(settings(), usage_date())

    @task(pool=WRITER)
    @final_unless_transient
    def gate(build_id: str) -> str:
        steps.gate(settings(), build_id)
        return build_id

    @task(pool=WRITER, outlets=[WAREHOUSE])
    @final_unless_transient
    def publish(build_id: str) -> None:
        steps.publish(settings(), build_id)

    @task(pool=WRITER)
    @final_unless_transient
    def export() -> None:
        steps.export(settings())

    @task
    def sources_delivered() -> None:
        if problems := steps.problems(settings()):
            raise AirflowFailException("\n".join(str(problem) for problem in problems))

    ingested = ingest.expand(source_name=sources())
    built = build()
    published = publish(gate(built))
    ingested >> built
    published >> export()
    [ingested, published] >> sources_delivered()


apportion_daily()
