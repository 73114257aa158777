"""LiteLLM's own database: days that grow and shrink, rights, prompts that stay where they are."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from apportion.errors import ApportionError, ConfigError, SourceUnavailable
from apportion.settings import Settings
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger
from tests.ingest import postgres_server
from tests.ingest.call_logs import assert_nowhere
from tests.ingest.conftest import WINDOW

pytestmark = pytest.mark.server
PRIVILEGES = Path(__file__).parents[2] / "docs" / "how-to" / "grant-least-privilege.md"
CANARY = "canary-7d1f"
TABLE = """
create table "LiteLLM_SpendLogs" (
    request_id text primary key, call_type text, api_key text default '', spend float8 default 0,
    total_tokens int default 0, prompt_tokens int default 0, completion_tokens int default 0,
    "startTime" timestamp(3), "endTime" timestamp(3), "completionStartTime" timestamp(3),
    model text default '', model_id text, model_group text, custom_llm_provider text,
    "user" text, metadata jsonb default '{}', cache_hit text, request_tags jsonb default '[]',
    team_id text, end_user text, messages jsonb default '{}', response jsonb default '{}',
    session_id text, status text
)
"""
SAID = {
    "user_api_key_alias": "search-prod",
    "user_api_key_team_alias": "Search",
    "usage_object": {"prompt_tokens_details": {"cached_tokens": 40}},
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server.serving() as dsn:
        yield dsn


@dataclass
class Database:
    """The gateway's database, and the home it is collected into."""

    dsn: str
    settings: Settings

    def run(self, query: str, *values: Any) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(query, values or None)

    def log(self, number: int, start: datetime, **changes: Any) -> None:
        row = {
            "request_id": f"r{number}",
            "call_type": "acompletion",
            "api_key": "5e88",
            "spend": 1.25e-05,
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "startTime": start,
            "endTime": start + timedelta(seconds=2),
            "model": "gpt-5-2026",
            "model_group": "gpt-5",
            "custom_llm_provider": "openai",
            "metadata": json.dumps(SAID),
            "cache_hit": "None",
            "request_tags": json.dumps(["cost_center:CC-1"]),
            "end_user": CANARY,
            "messages": json.dumps([{"role": "user", "content": CANARY}]),
            "response": json.dumps({"content": CANARY}),
            "status": "success",
        } | changes
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join("%s" for _ in row)
        self.run(f'insert into "LiteLLM_SpendLogs" ({names}) values ({places})', *row.values())

    def collect(self) -> CollectResult:
        return collect(self.settings, "gateway", WINDOW, sleep=lambda _: None)

    def rows(self) -> list[dict[str, Any]]:
        files = Ledger(self.settings.home).current_files()
        frames = [pl.read_parquet(file.path) for file in files]
        return pl.concat(frames).sort("started_at").to_dicts() if frames else []


@pytest.fixture
def make_database(
    server: str, make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Database]:
    def make(**options: Any) -> Database:
        monkeypatch.setenv("LITELLM_DSN", server)
        section = {"name": "gateway", "kind": "litellm_database", "dsn": "env:LITELLM_DSN"}
        database = Database(server, make_settings(section | options))
        database.run('drop table if exists "LiteLLM_SpendLogs"')
        database.run(TABLE)
        return database

    return make


@pytest.fixture
def database(make_database: Callable[..., Database]) -> Database:
    return make_database()


def at(day: int, hour: int = 4) -> datetime:
    return datetime(2026, 10, day, hour)  # noqa: DTZ001 - the table's times are UTC without a zone


def test_a_row_is_typed_like_a_payload(database: Database) -> None:
    database.log(1, at(3))
    database.collect()
    (row,) = database.rows()
    told = {name: value for name, value in row.items() if value is not None}
    assert told == {
        "source_name": "gateway",
        "object_key": "2026-10-03/LiteLLM_SpendLogs.jsonl",
        "object_sha256": row["object_sha256"],
        "object_row": 1,
        "request_id": "r1",
        "started_at": at(3),
        "completed_at": at(3) + timedelta(seconds=2),
        "gen_ai_operation_name": "chat",
        "gen_ai_provider_name": "openai",
        "gen_ai_request_model": "gpt-5",
        "gen_ai_response_model": "gpt-5-2026",
        "api_key_hash": "5e88",
        "api_key_alias": "search-prod",
        "gateway_team": "Search",
        "status": "success",
        "is_gateway_cache_hit": False,
        "is_streamed": False,
        "input_tokens": 100,
        "cache_read_input_tokens": 40,
        "output_tokens": 20,
        "reported_cost": Decimal("0.000012500000000000"),
        "request_tags": '["cost_center:CC-1"]',
    }


def test_a_day_with_late_rows_is_fetched_again_and_the_others_are_not(database: Database) -> None:
    database.log(1, at(3, 23))
    database.log(2, at(4, 0))
    assert database.collect().objects_fetched == 2
    assert database.collect().unchanged == 2
    database.log(3, at(3, 5))
    result = database.collect()
    assert (result.objects_fetched, result.unchanged) == (1, 1)
    assert [row["request_id"] for row in database.rows()] == ["r3", "r1", "r2"]


def test_rows_that_are_purged_stay_collected(database: Database) -> None:
    database.log(1, at(3))
    database.log(2, at(3, 5))
    database.collect()
    database.run("""delete from "LiteLLM_SpendLogs" where request_id = 'r1'""")
    database.collect()
    assert [row["request_id"] for row in database.rows()] == ["r1", "r2"]
    database.run('delete from "LiteLLM_SpendLogs"')
    database.collect()
    assert len(database.rows()) == 2


def test_days_before_the_trailing_window_are_left_alone(
    make_database: Callable[..., Database],
) -> None:
    database = make_database(trailing_days=2)
    for number, day in enumerate((3, 30, 31)):
        database.log(number, at(day))
    database.log(9, at(31) + timedelta(days=1))
    database.collect()
    assert [row["started_at"].day for row in database.rows()] == [30, 31]


def test_an_older_table_with_fewer_columns_is_read(database: Database) -> None:
    database.run(
        'alter table "LiteLLM_SpendLogs" drop column session_id, drop column status,'
        " drop column model_id"
    )
    database.run(
        'insert into "LiteLLM_SpendLogs" (request_id, "startTime", "endTime", prompt_tokens)'
        " values ('r1', '2026-10-03 04:00:00', '2026-10-03 04:00:01', 7)"
    )
    database.collect()
    (row,) = database.rows()
    assert (row["input_tokens"], row["session_id"], row["gen_ai_request_model"]) == (7, None, None)


@pytest.mark.parametrize("options", [{}, {"hmac_key": "env:GATEWAY_HMAC"}])
def test_prompts_answers_and_end_users_reach_no_file(
    make_database: Callable[..., Database],
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, str],
) -> None:
    monkeypatch.setenv("GATEWAY_HMAC", "secret")
    database = make_database(**options)
    database.log(1, at(3))
    database.log(2, at(3, 5))
    database.collect()
    rows = database.rows()
    assert_nowhere(database.settings.home, CANARY)
    assert len({(row["prompt_hmac"], row["end_user_hmac"]) for row in rows}) == 1
    assert (rows[0]["prompt_hmac"] is None) is (not options)


def test_the_gateway_cannot_be_written_to(database: Database) -> None:
    database.log(1, at(3))
    from ingest.sources.litellm.spend_logs import SpendLogStore

    store = SpendLogStore("env:LITELLM_DSN", "public", lambda: None, 10)
    with pytest.raises(ApportionError, match="read-only"), store._connected() as connection:
        connection.execute('delete from "LiteLLM_SpendLogs"')


def test_a_reader_without_the_right_a_wrong_password_and_no_table_are_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.run("drop role if exists reader")
    database.run("create role reader login password 'example'")
    monkeypatch.setenv("LITELLM_DSN", database.dsn.replace("postgres:example", "reader:example"))
    with pytest.raises(ConfigError, match="permission denied"):
        database.collect()
    monkeypatch.setenv("LITELLM_DSN", database.dsn.replace("postgres:example", "reader:wrong"))
    with pytest.raises(ConfigError, match="password authentication failed"):
        database.collect()
    monkeypatch.setenv("LITELLM_DSN", database.dsn)
    database.run('drop table "LiteLLM_SpendLogs"')
    with pytest.raises(ConfigError) as refusal:
        database.collect()
    assert refusal.value.code == "TABLE_MISSING"


def test_the_documented_grant_is_enough_and_shows_no_prompt(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.log(1, at(3))
    (grant,) = re.findall(r"```sql\n(.*?)```", PRIVILEGES.read_text(encoding="utf-8"), re.DOTALL)
    database.run(grant)
    database.run("alter role apportion password 'example'")
    dsn = database.dsn.replace("postgres:example", "apportion:example")
    monkeypatch.setenv("LITELLM_DSN", dsn)
    assert database.collect().rows == 1
    assert database.rows()[0]["request_tags"] == '["cost_center:CC-1"]'
    with (
        psycopg.connect(dsn) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute('select messages from "LiteLLM_SpendLogs"')


def test_a_database_that_does_not_answer_is_tried_again_later(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LITELLM_DSN", "postgresql://postgres:example@127.0.0.1:1/postgres")
    with pytest.raises(SourceUnavailable) as refusal:
        database.collect()
    assert refusal.value.code == "DATABASE_UNREACHABLE"
    assert "example" not in str(refusal.value)
