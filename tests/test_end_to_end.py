"""The whole pipeline as its user runs it, on a small simulated company: good days and bad ones."""

import dataclasses
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from apportion.sample import ALL_SOURCES, PROMPT_CANARY, simulate
from tests.company import ROOT, SMALL, World
from tests.conftest import Bucket
from tests.ingest.focus_files import read_files
from tests.warehouse.focus_table import violations
from warehouse.read import connect
from warehouse.releases import current


@pytest.fixture(scope="module")
def in_every_form(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was built of the same company, told by every kind of source that needs no server."""
    folder = tmp_path_factory.mktemp("every-form")
    simulate(folder / "company", dataclasses.replace(SMALL, **ALL_SOURCES))
    return World(folder / "company", folder / "home").build()


def content_of(folder: Path) -> dict[str, str]:
    """A hash of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_second_run_says_what_was_spent_by_whom_and_where_to_look_and_changes_no_byte(
    published: World, tmp_path: Path
) -> None:
    world = published.copy(tmp_path)
    folders = ("statements", "report", "releases")
    before = {name: content_of(world.home / name) for name in folders}
    said = world.run()
    for expected in (
        "Nothing changed",
        "Spent",
        "Attributed to teams",
        "difference 0",
        *folders[:2],
    ):
        assert expected in said
    assert {name: content_of(world.home / name) for name in folders} == before
    assert (world.home / "report" / "index.html").is_file()
    assert list((world.home / "statements").rglob("*.xlsx"))


TOLD_LESS = {"developer-tools", "simulation", "localization", "unallocated"}
"""Who calls models of which a form knows less: Anthropic's API counts no tokens, so that what no
log explains is shared with the rest; SGLang knows no keys, so that calls without are its team's."""


def test_teams_pay_the_same_in_whatever_forms_sources_come(
    published: World, in_every_form: Path
) -> None:
    costs = """
        select team, sum(reporting_effective_cost), sum(reporting_billed_cost)
        from cost_ledger group by team order by team
        """
    with connect(published.home) as usual:
        expected = usual.execute(costs).fetchall()
    with duckdb.connect(str(in_every_form), read_only=True) as warehouse:
        found = warehouse.execute(costs).fetchall()
        balances = warehouse.execute("select sum(abs(difference)) from reconciliation").fetchall()
        kinds = warehouse.execute("select count(distinct source_name) from charges").fetchall()
    assert balances == [(0,)]
    assert kinds == [(10,)]
    assert [team for team, *_ in found] == [team for team, *_ in expected]
    for measure in (1, 2):
        assert sum(row[measure] for row in found) == sum(row[measure] for row in expected)
        told_less = [
            sum(row[measure] for row in rows if row[0] in TOLD_LESS) for rows in (found, expected)
        ]
        assert told_less[0] == pytest.approx(told_less[1], rel=Decimal("0.001"))
        others = {row[0]: row[measure] for row in expected if row[0] not in TOLD_LESS}
        for team, *amounts in found:
            if team in others:
                assert amounts[measure - 1] == pytest.approx(others[team], rel=Decimal("0.001"))


def test_the_ledger_holds_every_cent_of_the_bill(published: World) -> None:
    assert published.apportion("reconcile").returncode == 0
    with connect(published.home) as warehouse:
        ((charged, attributed, priced),) = warehouse.execute(
            """
            select
                (select sum(effective_cost) from charges),
                (select sum(effective_cost) from cost_ledger),
                (
                    (select sum(reporting_effective_cost) from request_costs)
                    - (
                        select sum(reporting_effective_cost) from cost_ledger
                        where allocation_method
                            in ('residency', 'weighted_tokens', 'metered_tokens')
                    )
                )
            """
        ).fetchall()
    assert charged == attributed
    assert priced == 0


def test_the_bill_that_is_exported_is_the_bill_that_came(published: World, tmp_path: Path) -> None:
    with connect(published.home) as warehouse:
        (wanted,) = warehouse.execute(
            "select sum(billed_cost), sum(effective_cost), sum(list_cost) from cost_ledger"
        ).fetchall()
    for version in ("1.4", "1.2"):
        target = tmp_path / f"{version}.parquet"
        exported = published.apportion(
            "--json", "export", "focus", "--version", version, str(target)
        )
        assert exported.returncode == 0, exported.stderr
        assert version == "1.2" or violations(target) == []
        read = read_files([target])
        assert read.quarantined.is_empty()
        assert [{"path": str(target), "rows": read.rows.height}] == json.loads(exported.stdout)
        costs = (read.rows[name].sum() for name in ("billed_cost", "effective_cost", "list_cost"))
        assert tuple(costs) == wanted


def test_reading_commands_print_no_colour_into_a_pipe_and_json_on_demand(published: World) -> None:
    for command in (["status"], ["top"], ["reconcile"], ["explain", "team", "search"]):
        shown = published.apportion(*command)
        assert shown.returncode == 0, shown.stderr
        assert "\x1b" not in shown.stdout
        assert len(shown.stdout.splitlines()) > 5
        assert json.loads(published.apportion("--json", *command).stdout)


def test_the_shell_completes_commands() -> None:
    asked = {
        "_APPORTION_COMPLETE": "bash_complete",
        "COMP_WORDS": "apportion rec",
        "COMP_CWORD": "1",
    }
    program = Path(sys.executable).with_name("apportion")
    shown = subprocess.run(
        [program], env=os.environ | asked, capture_output=True, text=True, check=False
    )
    assert shown.stdout.split() == ["plain,reconcile"]


def test_every_question_of_the_documentation_has_an_answer(published: World) -> None:
    text = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    asked = re.findall(r"^## \d+\. (.*?)\n.*?```sql\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    assert len(asked) == 20
    with connect(published.home) as warehouse:
        for question, sql in asked:
            for query in filter(str.strip, sql.split(";")):
                assert warehouse.execute(query).fetchall(), question


def test_every_public_table_and_column_says_what_it_means(published: World) -> None:
    with connect(published.home) as warehouse:
        silent = warehouse.execute(
            """
            select table_name, '' from duckdb_tables()
            where schema_name = 'main' and comment is null
            union all
            select view_name, '' from duckdb_views()
            where schema_name = 'main' and comment is null and not internal
            union all
            select table_name, column_name from duckdb_columns()
            where schema_name = 'main' and comment is null and not internal
            """
        ).fetchall()
    assert silent == []


def test_prompts_never_enter_the_home_folder(published: World) -> None:
    canary = PROMPT_CANARY.encode()
    for path in published.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert canary not in content, path
            if path.suffix == ".gz":
                assert canary not in gzip.decompress(content), path


def test_a_rebuild_from_the_landing_zone_says_the_same(published: World, tmp_path: Path) -> None:
    world = published.copy(tmp_path)
    before = world.release()
    finished = world.apportion("rebuild")
    assert finished.returncode == 0, finished.stderr
    after = world.release()
    assert after.tables == before.tables
    assert (world.home / "builds").is_dir()


def test_day_by_day_is_the_same_as_all_at_once(published: World, tmp_path: Path) -> None:
    world = World(published.company, tmp_path / "home")
    world.run("--usage-date", "2026-10-01")
    first = world.release()
    assert first.usage_date == date(2026, 10, 1)
    said = world.run("--usage-date", "2026-10-02")
    assert "1 days computed, 1 carried" in said
    assert world.release().tables == published.release().tables


def newest(folder: Path, pattern: str) -> Path:
    """The newest file of a kind: the one that the current delivery names."""
    return sorted(folder.rglob(pattern))[-1]


def cut_short(world: World) -> None:
    path = newest(world.exports / "aws", "*.csv.gz")
    path.write_bytes(path.read_bytes()[:-200])


def lose(world: World) -> None:
    newest(world.exports / "aws", "*.csv.gz").unlink()


def rename_column(world: World) -> None:
    path = newest(world.exports / "aws", "*.csv.gz")
    text = gzip.decompress(path.read_bytes()).replace(b"BilledCost", b"BilledCosts", 1)
    path.write_bytes(gzip.compress(text))


def make_money_float(world: World) -> None:
    path = newest(world.exports / "gcp", "*.parquet")
    frame = pl.read_parquet(path).with_columns(pl.col("BilledCost").cast(pl.Float64))
    frame.write_parquet(path)
    manifest = world.exports / "gcp" / "manifest.json"
    document = json.loads(manifest.read_bytes())
    for delivery in document["deliveries"]:
        for file in delivery["files"]:
            file.pop("sha256", None)
    manifest.write_text(json.dumps(document))


@pytest.mark.faults
@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (cut_short, "INPUT_GZIP|INPUT_CHECKSUM"),
        (lose, "MANIFEST_INCOMPLETE"),
        (rename_column, "SCHEMA_DRIFT|INPUT_CHECKSUM"),
        (make_money_float, "FLOAT_MONEY"),
    ],
)
def test_a_delivery_that_cannot_be_trusted_changes_nothing_and_the_next_run_heals(
    published: World, tmp_path: Path, damage: object, code: str
) -> None:
    world = published.copy(tmp_path)
    before = (world.home / "CURRENT").read_bytes()
    assert callable(damage)
    damage(world)

    refused = world.apportion("run")
    assert refused.returncode == 7
    assert any(name in refused.stdout + refused.stderr for name in code.split("|"))
    assert (world.home / "CURRENT").read_bytes() == before

    shutil.rmtree(world.company)
    shutil.copytree(published.company, world.company)
    world.run()
    assert world.release().tables == published.release().tables


@pytest.mark.faults
def test_a_delivery_that_comes_twice_counts_once(published: World, tmp_path: Path) -> None:
    world = published.copy(tmp_path)
    for path in (world.exports / "data-hall").glob("*.csv"):
        os.utime(path, (path.stat().st_mtime + 60,) * 2)
    world.run()
    with connect(world.home) as warehouse:
        ((total,),) = warehouse.execute("select sum(billed_cost) from cost_ledger").fetchall()
    with connect(published.home) as warehouse:
        assert warehouse.execute("select sum(billed_cost) from cost_ledger").fetchall() == [
            (total,)
        ]


@pytest.mark.faults
def test_an_unreachable_prometheus_is_told_and_publishes_nothing(
    published: World, tmp_path: Path
) -> None:
    shutil.copytree(published.company, tmp_path / "company")
    config = tmp_path / "company" / "apportion.toml"
    text = config.read_text()
    text = text.replace('kind = "prometheus_dump"', 'kind = "prometheus"').replace(
        'location = "exports/prometheus"', 'url = "http://127.0.0.1:9"'
    )
    config.write_text(text)
    world = World(tmp_path / "company", tmp_path / "home")

    finished = world.apportion("run")
    assert finished.returncode == 4
    assert "PROMETHEUS_UNREACHABLE" in finished.stderr + finished.stdout
    assert "127.0.0.1:9" in finished.stderr + finished.stdout
    assert current(world.home) is None


@pytest.mark.faults
def test_a_wrong_reference_table_is_named_and_publishes_nothing(
    published: World, tmp_path: Path
) -> None:
    world = published.copy(tmp_path)
    before = (world.home / "CURRENT").read_bytes()
    rules = world.company / "reference" / "owner_rules.csv"
    rules.write_text(rules.read_text().replace("R001,10,", "R001,ten,"))

    finished = world.apportion("run")
    assert finished.returncode == 6
    assert "owner_rules.csv" in finished.stderr
    assert "priority" in finished.stderr
    assert (world.home / "CURRENT").read_bytes() == before


@pytest.mark.server
def test_a_company_in_s3_gives_the_same_results(
    published: World, tmp_path: Path, s3_bucket: Bucket
) -> None:
    shutil.copytree(published.company, tmp_path / "company")
    for name in ("aws", "azure", "litellm"):
        for path in (published.exports / name).rglob("*"):
            if path.is_file():
                s3_bucket.put(f"{path.relative_to(published.exports)}", path.read_bytes())
    config = tmp_path / "company" / "apportion.toml"
    text = config.read_text()
    for location in ("aws/focus", "azure", "litellm"):
        text = text.replace(
            f'location = "exports/{location}"',
            f'location = "s3://{s3_bucket.name}/{location}"\n'
            f'endpoint_url = "{s3_bucket.endpoint_url}"',
        )
    config.write_text(text)
    built = World(tmp_path / "company", tmp_path / "home").build()
    with duckdb.connect(built, read_only=True) as there, connect(published.home) as here:
        query = "select team, sum(billed_cost), sum(effective_cost) from cost_ledger group by team"
        assert sorted(there.execute(query).fetchall()) == sorted(here.execute(query).fetchall())
