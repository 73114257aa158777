"""The report: static pages that work offline, without scripts, in the dark and on paper."""

import base64
import hashlib
import shutil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from warehouse.explained import Explain, links, subjects, write_pages
from warehouse.folders import replaced
from warehouse.page_text import FILTERS
from warehouse.report_content import read_content
from warehouse.report_pages import PAGE_OF, PAGES
from warehouse.report_reading import reading

TEMPLATES = Path(__file__).parent / "templates"
SCHEMA = "schema.html"
STYLES = ("report.css", "explain.css")


def render_report(
    release: Path,
    destination: Path,
    *,
    generation: int,
    explain: Explain | None = None,
    schema: Path | None = None,
) -> Path:
    """Write the report of a release; the same release gives the same bytes.

    Args:
        release: the DuckDB file of a published release.
        destination: the folder that the report replaces.
        generation: the release's number.
        explain: explains what the report shows; without it there are no such pages.
        schema: the page of the warehouse's schema, to be put beside the others.

    Returns:
        The first page, `index.html`.
    """
    with reading(release) as connection:
        content = read_content(connection)
        explained = explain(connection, subjects(content["tables"])) if explain else {}
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals["filters"] = FILTERS
    style = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in STYLES)
    environment.globals |= {
        "run": content["run"],
        "generation": generation,
        "schema": SCHEMA if schema else None,
        "style": Markup(style),  # noqa: S704 - our own file
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "explained": links(explained),
        "pages": PAGES,
        "page_of": PAGE_OF,
    }
    template = environment.get_template("report.html.jinja")
    with replaced(destination) as folder:
        for page in PAGES:
            (folder / page.file).write_text(template.render(**content, page=page), encoding="utf-8")
        write_pages(folder, explained, environment.get_template("explain.html.jinja").render)
        if schema:
            shutil.copyfile(schema, folder / SCHEMA)
    return destination / PAGES[0].file
