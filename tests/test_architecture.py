"""The walls of the house: who imports whom, what starts light, how large things may grow."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ingest
import warehouse

ROOT = Path(__file__).parents[1]
ROOMS = ("apportion", "ingest", "warehouse")
MOST_LINES, MOST_FUNCTION_LINES = 300, 65
HEAVY = {
    *("altair", "boto3", "dbt", "duckdb", "great_expectations"),
    *("pandas", "polars", "pyarrow", "rich", "sqlalchemy"),
}
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after a statement."""
    command = f"{statement}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    child = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(json.loads(child.stdout.splitlines()[-1]))


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    child = subprocess.run(
        [linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stdout


def test_only_dags_know_airflow() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not [name for name in names if name.split(".")[0] == "airflow"], path


def test_help_starts_light() -> None:
    assert loaded_by("import apportion.cli") & HEAVY == set()


def test_steps_and_settings_start_light() -> None:
    statement = "import apportion.steps, apportion.context, apportion.alerts"
    assert loaded_by(statement) & HEAVY == set()


def test_modules_and_functions_stay_small() -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    too_long = []
    for path in modules():
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > MOST_LINES:
            too_long.append(path.name)
        too_long += [
            f"{path.name}: {node.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, functions) and _code_lines(node) > MOST_FUNCTION_LINES
        ]
    assert too_long == []


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body, without its docstring."""
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or 0) - first.lineno + 1


def test_the_rooms_are_ours_and_not_a_package_of_the_same_name() -> None:
    for room in (ingest, warehouse):
        assert room.__file__
        assert Path(room.__file__).is_relative_to(ROOT)


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_lock_pins_every_dependency_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {canonicalize_name(name): version for name, version in PINNED.findall(lock)}
    for requirement in map(Requirement, wanted):
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), requirement
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\S)", lock) if "==" in entry)


def test_the_make_targets_are_explained() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert set(phony.split()) == set(re.findall(r"^([a-z]+):.*## .+$", text, re.MULTILINE))
