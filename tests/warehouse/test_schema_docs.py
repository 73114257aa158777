"""The schema as a page: all of it in one file, made without a database."""

import re
import shutil
from pathlib import Path

import pytest

from apportion.errors import ApportionError
from tests.warehouse.conftest import TINY
from warehouse.schema_docs import schema_page, write_schema_docs


def test_the_page_holds_every_model_and_loads_nothing(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "schema.html"
    write_schema_docs(TINY, page)
    text = page.read_text(encoding="utf-8")
    for model in TINY.rglob("models/**/*.sql"):
        assert f"model.tiny.{model.stem}" in text
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?:", text)


def test_a_project_that_dbt_cannot_read_is_named_with_the_reason(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(TINY, project)
    (project / "models" / "broken.sql").write_text("select * from {{ ref('nothing') }}")
    with pytest.raises(ApportionError, match=r"DBT_STOPPED .*nothing"):
        write_schema_docs(project, tmp_path / "schema.html")
    assert not (tmp_path / "schema.html").exists()


def test_a_version_of_the_project_is_documented_once(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(TINY, project)
    page = schema_page(project)
    made = page.stat().st_mtime_ns
    assert schema_page(project) == page
    assert page.stat().st_mtime_ns == made
    (project / "models" / "another.sql").write_text("select 1 as one")
    assert "model.tiny.another" in schema_page(project).read_text(encoding="utf-8")
