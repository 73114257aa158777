"""GPUs that tell of themselves in another form say what they say to dcgm-exporter's readers."""

import dataclasses
from pathlib import Path

import polars as pl
import pytest

from apportion.sample import ALL_SOURCES, SampleOptions, simulate
from apportion.settings import load
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from tests.sample.conftest import SMALL

DAY = dataclasses.replace(SMALL, days=1, requests=300)
UTIL = "DCGM_FI_DEV_GPU_UTIL"
LABELS = pl.Struct(
    dict.fromkeys(
        (
            *(
                "Hostname",
                "hostname",
                "UUID",
                "uuid",
                "gpu",
                "gpu_id",
                "hpc_job",
                "namespace",
                "pod",
            ),
            *("modelName", "card_model"),
        ),
        pl.String,
    )
)
KINDS = ("prometheus_dump", "telemetry_csv", "nvidia_smi")
SAID = ["sample_at", "host", "gpu_number", "hpc_job", "namespace", "pod", "value"]


def samples(folder: Path, options: SampleOptions) -> pl.DataFrame:
    """Every sample that the telemetry of a company holds, with its labels."""
    simulate(folder, options)
    settings = load(folder / "apportion.toml", folder / "var")
    names = [s.name for s in settings.sources if s.kind in KINDS]
    for name in names:
        result = collect(settings, name, Window(DAY.first_day, DAY.first_day))
        assert (result.refused, result.quarantined_rows) == ([], 0)
    files = Ledger(settings.home, set(names)).current_files()
    rows = pl.concat([pl.read_parquet(file.path) for file in files])
    return (
        rows.with_columns(pl.col("labels").str.json_decode(LABELS))
        .unnest("labels")
        .with_columns(
            host=pl.coalesce("Hostname", "hostname"), gpu_number=pl.coalesce("gpu", "gpu_id")
        )
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a company's GPUs say to dcgm-exporter alone, and in every form."""
    folder = tmp_path_factory.mktemp("telemetry")
    forms = dataclasses.replace(DAY, telemetry=ALL_SOURCES["telemetry"])
    return samples(folder / "usual", DAY), samples(folder / "forms", forms)


def test_gpus_of_amd_say_under_its_names_what_others_say(
    told: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    usual, forms = told
    amd = forms.filter(pl.col("card_model").is_not_null())
    assert set(amd["metric"]) == {"gpu_gfx_activity", "gpu_used_vram", "gpu_package_power"}
    (host,) = set(amd["host"])
    expected = usual.filter(pl.col("host") == host, pl.col("metric") == UTIL)
    found = amd.filter(metric="gpu_gfx_activity")
    assert found.select(SAID).sort(SAID).equals(expected.select(SAID).sort(SAID))
    assert forms.filter(pl.col("host") == host, pl.col("metric").str.starts_with("DCGM")).is_empty()


def test_the_data_halls_table_says_what_a_server_would_hold(
    told: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    usual, forms = told
    found = forms.filter(source_name="hall-gpus")
    assert found.height > 0
    (logged,) = set(forms.filter(source_name="hall-node")["host"])
    is_in_hall = pl.col("host").str.starts_with("hpc-") & (pl.col("host") != logged)
    expected = usual.filter(pl.col("metric") == UTIL, is_in_hall)
    columns = ["sample_at", "host", "UUID", "modelName", "hpc_job", "value"]
    assert found.select(columns).sort(columns).equals(expected.select(columns).sort(columns))


def test_what_nvidia_smi_logs_says_what_a_server_would_hold(
    told: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    """In its own unit, and with the job of each file."""
    usual, forms = told
    found = forms.filter(source_name="hall-node").with_columns((pl.col("value") * 100).round())
    assert set(found["metric"]) == {"nvidia_smi_utilization_gpu_ratio"}
    (host,) = set(found["host"])
    expected = usual.filter(metric=UTIL, host=host).with_columns(uuid=pl.col("UUID"))
    columns = ["sample_at", "host", "uuid", "modelName", "hpc_job", "value"]
    assert found.select(columns).sort(columns).equals(expected.select(columns).sort(columns))
    assert found["hpc_job"].null_count() < found.height


def test_other_forms_of_telemetry_are_named() -> None:
    with pytest.raises(ValueError, match="amd, csv, nvidia_smi"):
        SampleOptions(telemetry=("snmp",))
