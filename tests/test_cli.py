"""The command: help that teaches, errors without tracebacks, exit codes, what doctor finds."""

import errno
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from apportion import commands, errors
from apportion.cli import main
from apportion.sample import ALL_SOURCES, SampleOptions, simulate
from apportion.settings import Settings

Apportion = Callable[..., Result]
TINY = SampleOptions(first_day=date(2026, 10, 1), days=1, requests=50, gpus=8)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("APPORTION_CONFIG", "APPORTION_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def apportion(home: Path) -> Apportion:
    """Call the command with a home folder of the test's own."""

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["--quiet", "--home", str(home), *arguments])

    return call


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a simulated company."""
    return simulate(tmp_path_factory.mktemp("company"), TINY).config


def every_command(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in sorted(group.commands.items()):
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from every_command(command, *path, name)


def test_the_sample_company_is_told_in_every_form_that_there_is() -> None:
    offered = {one.name: one.type for one in main.commands["simulate"].params}
    for name, forms in ALL_SOURCES.items():
        kind = offered[name]
        assert isinstance(kind, click.Choice)
        assert tuple(kind.choices) == forms


@pytest.mark.parametrize("path", list(every_command(main)), ids=" ".join)
def test_every_command_teaches(path: tuple[str, ...]) -> None:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    context = click.Context(command, info_name=path[-1])
    assert len(command.get_short_help_str(limit=200)) > 20
    said = CliRunner().invoke(main, [*path, "--help"])
    assert said.exit_code == 0
    assert f"apportion {' '.join(path)}" in said.output.partition("Examples:")[2]
    assert "%" not in said.output.partition("\n")[0]
    assert "\b" not in said.output
    assert r"\b" not in said.output
    undescribed = [
        option.name
        for option in command.get_params(context)
        if isinstance(option, click.Option) and not option.help
    ]
    assert undescribed == []


def test_help_lists_every_exit_code() -> None:
    said = " ".join(CliRunner().invoke(main, ["--help"]).output.split())
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, errors.ApportionError)}
    assert codes == {1, 3, 4, 5, 6, 7}
    for code in codes | {0, 2}:
        assert re.search(rf"\b{code} [a-z]", said.partition("Exit codes:")[2])


def test_no_configuration_is_told_without_a_traceback(apportion: Apportion) -> None:
    result = apportion("run")
    assert result.exit_code == 6
    assert result.stderr.startswith("CONFIG_MISSING")
    assert "Traceback" not in result.output
    assert "apportion simulate" in result.stderr
    assert "apportion init" in result.stderr


MISTAKES = {
    "statu": (2, "Did you mean 'status'?"),
    "--home file status": (6, "FILE_UNUSABLE"),
    "--home nowhere top": (6, "NOTHING_PUBLISHED"),
    "--config folder doctor": (6, "FILE_UNUSABLE"),
    "--config nowhere.toml run": (6, "CONFIG_MISSING"),
    "--config latin.toml run": (6, "CONFIG_SYNTAX"),
    "--config file run": (6, "CONFIG_SYNTAX"),
    "run --usage-date 2026-13-01": (2, '"2026-13-01" is not YYYY-MM-DD, as in 2026-11-22.'),
    "close 2026": (2, '"2026" is not YYYY-MM, as in 2026-11.'),
    "top --limit 0": (2, "x>=1"),
    "init --name Acme --currency dollars new": (2, '"dollars" is not an ISO 4217 code'),
    "init --name Acme --time-zone CEST new": (2, '"CEST" is not a time zone'),
    "init --name Acme --source awz new": (2, "'aws-cur'"),
    "init --name Acme file": (2, "is a file"),
    "init new": (2, "--name"),
    "simulate --days 0 new": (2, "x>=1"),
    "simulate file": (2, "is a file"),
    "rollback last": (2, "not a valid integer"),
    "explain team": (2, "Missing argument 'TEAM'"),
    "calibrate --write typo/weights.csv": (2, 'no folder "typo"'),
    "export focus --version 1.3": (2, "'1.4', '1.2'"),
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_told_in_words(line: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("not = [toml")
    (tmp_path / "latin.toml").write_bytes('name = "Köln"'.encode("latin-1"))
    result = CliRunner().invoke(main, line.split())
    exit_code, told = MISTAKES[line]
    assert result.exit_code == exit_code, result.output
    assert told in result.stderr
    assert isinstance(result.exception, SystemExit)
    assert not (tmp_path / "new").exists()


def test_global_options_may_stand_behind_the_command(tmp_path: Path) -> None:
    for line in (
        "top --json --home elsewhere",
        "--json top --home=elsewhere",
        "export focus --home elsewhere --json",
    ):
        result = CliRunner().invoke(main, line.split())
        told = json.loads(result.stdout)
        assert told["code"] == "NOTHING_PUBLISHED", line
        assert str(tmp_path / "elsewhere") in told["message"]


@pytest.mark.parametrize(
    ("day", "told"), [("2020-01-01", "before the first usage day"), ("2999-01-01", "in the future")]
)
def test_a_day_without_usage_is_refused_before_anything_is_done(
    home: Path, tmp_path: Path, day: str, told: str
) -> None:
    start = ("--name", "Acme", "--first-usage-date", "2026-10-01")
    CliRunner().invoke(main, ["init", *start, str(tmp_path)])
    result = CliRunner().invoke(main, ["run", "--usage-date", day, "--home", str(home)])
    assert result.exit_code == 2
    assert told in result.stderr
    assert list(home.iterdir()) == []


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_full_disk_and_ctrl_c_are_told(
    apportion: Apportion, company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for raised, exit_code, told in (
        (OSError(errno.ENOSPC, "No space left on device"), 6, "DISK_FULL"),
        (KeyboardInterrupt(), 130, "Stopped."),
    ):
        monkeypatch.setattr(commands.steps, "run", failing(raised))
        result = apportion("run", "--config", str(company))
        assert result.exit_code == exit_code
        assert result.stderr.startswith(told)


def test_a_wrong_key_is_named_with_the_right_one(apportion: Apportion, tmp_path: Path) -> None:
    config = tmp_path / "apportion.toml"
    config.write_text('[organisation]\nname = "Example AG"\n')
    result = apportion("--config", str(config), "doctor")
    assert result.exit_code == 6
    assert 'unknown key "organisation" (did you mean "organization"?)' in result.stderr


def test_a_wrong_option_is_a_usage_error(apportion: Apportion) -> None:
    assert apportion("run", "--usage-date", "yesterday").exit_code == 2


@pytest.mark.parametrize("name", ["status", "top", "owners", "reconcile", "rollback", "report"])
def test_nothing_published_is_told(apportion: Apportion, company: Path, name: str) -> None:
    result = apportion("--config", str(company), name)
    assert result.exit_code == 6
    assert re.match("NOTHING_PUBLISHED|NO_SUCH_RELEASE", result.stderr)


def test_an_error_is_one_json_document_too(apportion: Apportion) -> None:
    result = apportion("--json", "top")
    assert json.loads(result.stdout)["code"] == "NOTHING_PUBLISHED"


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (errors.GateRefused, 3),
        (errors.SourceUnavailable, 4),
        (errors.Busy, 5),
        (errors.ConfigError, 6),
        (errors.DeliveryRefused, 7),
    ],
)
def test_errors_end_with_their_exit_code(
    apportion: Apportion,
    company: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[errors.ApportionError],
    exit_code: int,
) -> None:
    def fail(*_: object) -> None:
        raise error("SOME_CODE", "here: that is wrong.")

    monkeypatch.setattr(commands.steps, "run", fail)
    result = apportion("--config", str(company), "run")
    assert (result.exit_code, result.stderr) == (exit_code, "SOME_CODE here: that is wrong.\n")


def test_a_bug_keeps_its_traceback(
    apportion: Apportion, company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(commands.steps, "run", fail)
    result = apportion("--config", str(company), "run")
    assert result.exit_code == 1
    assert isinstance(result.exception, ZeroDivisionError)


def test_the_sample_is_simulated_once_and_found_without_options(
    apportion: Apportion, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Settings] = []

    def remember(settings: Settings, *_: object) -> None:
        seen.append(settings)
        raise errors.Busy("STOP", "here.")

    monkeypatch.setattr(commands.steps, "run", remember)
    monkeypatch.setattr("apportion.sample.SampleOptions", lambda: TINY)
    assert apportion("run", "--sample").exit_code == 5
    written = (home / "sample" / "apportion.toml").stat().st_mtime_ns
    assert apportion("run", "--sample").exit_code == 5
    assert apportion("run").exit_code == 5

    assert (home / "sample" / "apportion.toml").stat().st_mtime_ns == written
    assert [settings.directory for settings in seen] == [home / "sample"] * 3


def test_doctor_finds_a_healthy_company_ready(apportion: Apportion, company: Path) -> None:
    result = apportion("--json", "--config", str(company), "doctor")
    assert result.exit_code == 0
    findings = {finding["subject"]: finding["message"] for finding in json.loads(result.stdout)}
    assert {"configuration", "disk", "release", "aws", "gateway", "reference"} <= findings.keys()
    assert findings["gateway"] == "1 delivery, 2026-10-01 to 2026-10-01"


def test_doctor_says_what_to_mend(apportion: Apportion, tmp_path: Path) -> None:
    config = simulate(tmp_path / "company", TINY).config
    (config.parent / "exports" / "litellm").rename(tmp_path / "elsewhere")
    teams = config.parent / "reference" / "teams.csv"
    teams.write_text(teams.read_text() + "half a line\n")

    result = apportion("--config", str(config), "doctor")
    assert result.exit_code == 6
    mend = [line for line in result.stdout.splitlines() if line.startswith("MEND")]
    assert [line.split()[1] for line in mend] == ["gateway:", "reference:"]
    assert "LOCATION_MISSING" in mend[0]
    assert "teams.csv" in mend[1]
