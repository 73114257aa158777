"""`apportion init`: what it writes is valid, is explained to editors, and leads to a statement."""

import json
import os
import pty
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from apportion.cli import main
from apportion.onboarding.json_schema import json_schema
from apportion.onboarding.starters import STARTERS
from apportion.settings import load
from ingest.registry import KINDS, open_source

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def init(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments, str(folder)])


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def problems(validator: Draft202012Validator, text: str) -> list[str]:
    document = json.loads(json.dumps(tomllib.loads(text), default=str))
    return [error.json_path for error in validator.iter_errors(document)]


@pytest.mark.parametrize("name", STARTERS)
def test_each_source_that_it_writes_opens(
    tmp_path: Path, validator: Draft202012Validator, name: str
) -> None:
    assert init(tmp_path, "--name", "Acme", "--source", name).exit_code == 0
    path = tmp_path / "apportion.toml"
    settings = load(path, tmp_path / "var")
    assert [source.name for source in settings.sources] == [name, "reference"]
    assert open_source(settings, name).name == name
    assert problems(validator, path.read_text()) == []
    assert (ROOT / "docs" / "how-to" / f"{STARTERS[name].guide}.md").is_file()


def test_the_empty_tables_are_read_and_explained(tmp_path: Path) -> None:
    init(tmp_path, "--name", "Acme")
    home = str(tmp_path / "var")
    arguments = ["--config", str(tmp_path / "apportion.toml"), "--home", home, "doctor"]
    looked = CliRunner().invoke(main, arguments)
    assert looked.exit_code == 0, looked.output
    explained = re.findall(r"^## (.*)$", (tmp_path / "reference/README.md").read_text(), re.M)
    assert sorted(explained) == sorted(p.name for p in (tmp_path / "reference").glob("*.csv"))


def test_names_and_answers_are_written_as_they_are(tmp_path: Path) -> None:
    place = ("--currency", "EUR", "--time-zone", "Europe/Berlin")
    name = 'Köhler "AI" \\ Söhne'
    init(tmp_path, "--name", name, *place, "--first-usage-date", "2026-03-01")
    settings = load(tmp_path / "apportion.toml", tmp_path / "var")
    assert settings.organization.name == name
    assert settings.organization.reporting_currency == "EUR"
    assert settings.organization.reporting_time_zone == "Europe/Berlin"
    assert f"{settings.schedule.first_usage_date}" == "2026-03-01"


def test_a_second_time_keeps_what_the_company_wrote_and_renews_what_describes_the_version(
    tmp_path: Path,
) -> None:
    init(tmp_path, "--name", "Acme")
    (tmp_path / "reference/teams.csv").write_text("team,business_unit\nml,Products\n")
    (tmp_path / "reference/tag_aliases.csv").unlink()
    (tmp_path / "apportion.schema.json").write_text("{}")
    before = (tmp_path / "apportion.toml").read_text()
    again = init(tmp_path)
    assert again.exit_code == 0, again.output
    assert (tmp_path / "apportion.toml").read_text() == before
    assert "Products" in (tmp_path / "reference/teams.csv").read_text()
    assert (tmp_path / "reference/tag_aliases.csv").is_file()
    assert json.loads((tmp_path / "apportion.schema.json").read_text()) == json_schema()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--name"),
        (("--name", "Acme", "--currency", "euro"), "an ISO 4217 code such as EUR"),
        (("--name", "Acme", "--time-zone", "Berlin"), "Europe/Berlin"),
        (("--name", "Acme", "--source", "awz"), "'aws'"),
    ],
)
def test_a_wrong_answer_writes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = init(tmp_path / "new", *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert not (tmp_path / "new").exists()


def test_it_asks_where_somebody_is_there_to_answer(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    yes = ["y" if name in {"azure", "slurm"} else "n" for name in STARTERS]
    os.write(ours, "\n".join(["Acme", "EUR", "", "2026-09-01", *yes, ""]).encode())
    subprocess.run(
        [BIN / "apportion", "init"], stdin=theirs, cwd=tmp_path, check=True, capture_output=True
    )
    settings = load(tmp_path / "apportion.toml", tmp_path / "var")
    assert [source.name for source in settings.sources] == ["azure", "slurm", "reference"]
    assert settings.organization.reporting_currency == "EUR"


class TestSchema:
    def test_knows_every_kind(self) -> None:
        kinds = {
            definition["properties"]["kind"]["const"]
            for name, definition in json_schema()["$defs"].items()
            if name.startswith("source ")
        }
        assert kinds == set(KINDS)

    def test_describes_every_key_of_every_source(self) -> None:
        bare = [
            f"{name}.{key}"
            for name, definition in json_schema()["$defs"].items()
            for key, value in definition["properties"].items()
            if key not in {"name", "kind"} and "description" not in value
        ]
        assert bare == []

    @pytest.mark.parametrize("change", ['knd = "focus"', 'layout = "aws"', "location = 3"])
    def test_refuses_what_a_source_would_refuse(
        self, validator: Draft202012Validator, change: str
    ) -> None:
        key = change.partition(" ")[0]
        good = {"name": '"a"', "kind": '"focus"', "location": '"x"', "layout": '"manifest"'}
        keys = {name: f"{name} = {value}" for name, value in good.items()} | {key: change}
        head = (
            '[organization]\nname = "A"\n[schedule]\nfirst_usage_date = 2026-01-01\n[[sources]]\n'
        )
        assert problems(validator, head + "\n".join(keys.values())) == ["$.sources[0]"]

    def test_accepts_the_configuration_of_the_public_sample(
        self, validator: Draft202012Validator
    ) -> None:
        text = (ROOT / "examples/real-data/apportion.toml").read_text()
        assert problems(validator, text) == []


def test_the_first_day_leads_to_a_statement(tmp_path: Path) -> None:
    """Every command of the page, in order, as a newcomer would type them."""
    page = (ROOT / "docs" / "first-day.md").read_text()
    commands = "\n".join(re.findall(r"```bash\n(.*?)```", page, flags=re.DOTALL))
    environment: dict[str, Any] = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euc", commands],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    month = tmp_path / "costs" / "var" / "statements" / "2026-10"
    assert {unit.name for unit in month.iterdir()} == {"commerce", "platform"}
    assert "difference 0" in done.stdout
