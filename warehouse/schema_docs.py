"""The documented schema as one page: dbt's own docs site, with models, columns, tests and lineage.

It needs no database: models say what they are, and their contracts say the types.
"""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from platformdirs import user_cache_path

from apportion.errors import ApportionError
from apportion.settings import Warehouse
from warehouse.dbt_run import DBT, dbt_environment
from warehouse.plan import code_version

STEPS = (("parse",), ("docs", "generate", "--static", "--empty-catalog", "--no-compile"))
LOG_TAIL = 2000
KEPT = 4
"""Pages that are kept: those made last."""


def write_schema_docs(project: Path, target: Path) -> None:
    """Write the page; it holds all it needs and opens without a server.

    Args:
        project: the dbt project, with its profiles.yml.
        target: the HTML file.

    Raises:
        ApportionError: `DBT_STOPPED`.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        for step in STEPS:
            _run(project, folder, step)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / "static_index.html", target)


def schema_page(project: Path) -> Path:
    """The page of a project, made once for each of its versions and kept per user.

    Raises:
        ApportionError: `DBT_STOPPED`.
    """
    page = user_cache_path("apportion") / "docs" / f"{code_version(project)}.html"
    if not page.exists():
        own = page.with_suffix(f".{os.getpid()}")
        write_schema_docs(project, own)
        own.replace(page)
        for old in sorted(page.parent.glob("*.html"), key=lambda one: -one.stat().st_mtime)[KEPT:]:
            old.unlink(missing_ok=True)
    return page


def _run(project: Path, folder: Path, step: tuple[str, ...]) -> None:
    done = subprocess.run(
        [
            *(*DBT, "--quiet", *step, "--project-dir", str(project)),
            *(
                "--profiles-dir",
                str(project),
                "--target-path",
                str(folder),
                "--log-path",
                str(folder),
            ),
        ],
        cwd=folder,
        env=dbt_environment(folder, "schema.duckdb", Warehouse.model_validate({})),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last_words = " ".join((done.stdout + done.stderr).split())[-LOG_TAIL:]
        raise ApportionError(
            "DBT_STOPPED",
            f"{project}: dbt could not document the project. Nothing was written. Its last words: "
            f"{last_words}",
        )
