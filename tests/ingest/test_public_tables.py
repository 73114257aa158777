"""Every public table is read whole, with the rows that its README states, or refused for a reason.

Files that are no tables of their own are read by the tests of their sources; documents and logs
that have none are counted here.
"""

import gzip
import json
import re
from pathlib import Path

import pytest

from apportion.errors import DeliveryRefused
from ingest.readers import open_table

pytestmark = pytest.mark.data
ROW = re.compile(
    r"^\| `?([\w./+-]+\.csv(?:\.gz)?)`? \|(?: [^|\n]*[a-z][^|\n]* \|)? ?([\d,]+) \|", re.MULTILINE
)
DOCUMENT = re.compile(
    r"^\| (\S+\.(?:json|log)(?:\.gz)?) \| (\d+) (top-level entries|lines) \|", re.M
)
REFUSED = {
    "1.x-compatibility-metrics.csv.gz": "INPUT_RAGGED",  # comments before the header
    "ccf_coefficients-aws-embodied.csv": "INPUT_HEADER",  # a column without a name
    "ccf_coefficients-aws-use.csv": "INPUT_HEADER",
    "ccf_coefficients-azure-embodied.csv": "INPUT_HEADER",
    "ccf_coefficients-azure-use.csv": "INPUT_HEADER",
    "ccf_coefficients-gcp-use.csv": "INPUT_HEADER",
    "day_ahead_price_forecasts_BE.csv.gz": "INPUT_HEADER",
    "day_ahead_price_forecasts_DE.csv.gz": "INPUT_HEADER",
    "day_ahead_price_forecasts_NP.csv.gz": "INPUT_HEADER",
    "dcp-metrics-included.csv.gz": "INPUT_RAGGED",
    "default-counters.csv.gz": "INPUT_RAGGED",
    "ember_co2_intensity_by_cloud_region.csv": "INPUT_RAGGED",
    "gpu_specs_mlco2.csv": "INPUT_RAGGED",  # a row that lacks a field
    "spruce_azure_pue_wue.csv": "INPUT_RAGGED",
    "template_minimal_columns.csv": "INPUT_RAGGED",  # each row lacks its last field
}


@pytest.mark.parametrize("folder", ["billing", "gpu", "inference", "prices"])
def test_every_table_has_the_rows_of_its_readme(sample_data: Path, folder: str) -> None:
    stated = ROW.findall((sample_data / folder / "README.md").read_text(encoding="utf-8"))
    found, wrong = 0, []
    for name, rows in stated:
        named = (sample_data / folder).rglob(Path(name).name)
        paths = [path for path in named if str(path).endswith(name)]
        if len(paths) != 1:
            continue
        found += 1
        expected = REFUSED.get(name, int(rows.replace(",", "")))
        if (seen := row_count(paths[0], name)) != expected:
            wrong.append((name, expected, seen))
    assert wrong == []
    assert found >= 15


def test_every_document_and_log_of_prices_has_what_its_readme_says(sample_data: Path) -> None:
    folder = sample_data / "prices"
    stated = DOCUMENT.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert len(stated) >= 15
    for name, count, kind in stated:
        (path,) = folder.rglob(name)
        content = path.read_bytes()
        text = gzip.decompress(content) if name.endswith(".gz") else content
        found = text.splitlines() if kind == "lines" else json.loads(text)
        assert len(found) == int(count), name


def row_count(path: Path, name: str) -> int | str:
    """How many rows the strict reader finds, or why it refuses the file."""
    try:
        with open_table(path, name, needs_final_newline=False) as table:
            return sum(frame.height for frame in table.frames)
    except DeliveryRefused as refusal:
        return refusal.code
