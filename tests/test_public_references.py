"""Public data that is no source: what it was taken as a reference for, it says.

Figures that a README of the data states are found in it; defaults of ours that name it are its own.
"""

import gzip
import json
import re
import statistics
import tarfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.deliveries import parse_manifest
from ingest.price_list import read as read_prices
from ingest.sources.azure.rows import FAMILIES
from ingest.sources.focus.manifests import AzureManifest
from ingest.sources.telemetry_csv import TelemetryCsvSource
from tests.ingest.telemetry_files import read_files
from warehouse.calibration import calibrate

pytestmark = pytest.mark.data
SEEDS = Path(__file__).parents[1] / "transforms" / "seeds"
START = datetime(2026, 10, 1)  # noqa: DTZ001 - the warehouse keeps UTC without a zone


def texts(path: Path, **options: Any) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False, **options)


def document(path: Path) -> Any:
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def hours(rows: list[dict[str, float]]) -> pl.DataFrame:
    """Deployment-hours as `calibrate` takes them."""
    return pl.DataFrame(rows).with_columns(
        pl.lit("model").alias("model"),
        pl.lit("A100").alias("gpu_model"),
        pl.lit("chat").alias("deployment"),
        pl.Series("hour_start", [START + timedelta(hours=hour) for hour in range(len(rows))]),
        pl.lit(0).alias("cache_read_tokens"),
    )


def test_an_output_token_takes_longer_than_an_input_token_as_vtc_measured(
    sample_data: Path,
) -> None:
    """VTC measured it, and charges two for one, which is what counts before anything is known."""
    profile = document(sample_data / "inference" / "vtc-fairness" / "cost_profile.json.gz")
    measured = [
        {
            "input_tokens": int(given) * batch,
            "output_tokens": int(answered) * batch,
            "request_count": batch,
            "active_gpu_ms": (prefill + decode) * batch * 1000,
        }
        for given, by_output in profile.items()
        for answered, (batch, prefill, decode) in by_output.items()
    ]
    assert len(measured) == 23
    (fit,) = calibrate(hours(measured)).to_dicts()
    assert fit["output_token_weight"] > 2 * fit["input_token_weight"] > 0
    assert fit["out_of_sample_error"] < fit["default_error"]
    assert not fit["is_usable"]  # not two days of hours


@pytest.mark.parametrize("engine", ["distserve", "vllm"])
def test_weights_are_those_of_the_latency_model_of_distserve(
    sample_data: Path, engine: str
) -> None:
    """Prefill of a + b n + c n² and decoding at a steady batch, fitted from their hours alone."""
    name = f"distserve_profiler-a100-80g.{engine}.json.gz"
    models = document(sample_data / "inference" / "cost-models" / name)
    assert len(models) == 2
    model = models["facebook/opt-13b"]["1"]
    batch, context = 32, 512
    start, of_input, of_square = model["prefill"]
    step, of_context, of_batch = model["decoding_smallbs"]
    of_output = (step + of_context * batch * context + of_batch * batch) / batch
    told = []
    for hour in range(72):
        requests, given, answered = 100 + hour, 200 + 37 * (hour % 11), 100 + 53 * (hour % 7)
        prefill = start + of_input * given + of_square * given**2
        told.append(
            {
                "input_tokens": requests * given,
                "output_tokens": requests * answered,
                "request_count": requests,
                "active_gpu_ms": requests * (prefill + answered * of_output),
            }
        )
    (fit,) = calibrate(hours(told)).to_dicts()
    assert fit["is_usable"]
    expected = 1000 * of_input / of_output
    assert fit["input_token_weight"] == pytest.approx(expected, rel=0.1)
    assert fit["request_weight"] == pytest.approx(1000 * start / of_output, rel=0.3)


@pytest.mark.parametrize(
    ("archive", "windows", "largest_ten"),
    [
        ("language_m-small", 86_688, 0.93),
        ("language_m-large", 326_592, None),
        ("multimodal_mm-image", 5_040, None),
    ],
)
def test_every_window_of_every_client_is_read(
    sample_data: Path, tmp_path: Path, archive: str, windows: int, largest_ten: float | None
) -> None:
    """Rates of clients, each a file without a header, are measurements like others."""
    options = {"location": "/", "metric": "request_rate", "sample_at": "start", "value": "rate"}
    source = TelemetryCsvSource.from_options("gen", options | {"epoch_unit": "s"}, Path("/"))
    paths = []
    with tarfile.open(sample_data / "inference" / "servegen" / f"{archive}.tar.gz") as found:
        for member in found:
            if member.name.endswith("-trace.csv"):
                content = found.extractfile(member)
                assert content is not None
                path = tmp_path / member.name.rpartition("/")[2]
                path.write_bytes(b"start,rate,variation,pattern,first,second\n" + content.read())
                paths.append(path)
    typed = read_files(source, paths)
    assert (typed.rows.height, typed.quarantined.height) == (windows, 0)
    clients = typed.rows.group_by("object_key").agg(pl.sum("value"))["value"].sort(descending=True)
    assert largest_ten is None or float(clients[:10].sum()) / float(clients.sum()) == pytest.approx(
        largest_ten, abs=0.005
    )


@pytest.mark.parametrize(
    ("run", "gpus"),
    [("RTXPRO6000__Llama-3.1-8B", 1), ("RTXPRO6000__Qwen3-32B", 2), ("RTX4090__Llama-3.1-8B", 1)],
)
def test_a_benchmark_says_how_many_requests_it_ran(sample_data: Path, run: str, gpus: int) -> None:
    folder = sample_data / "inference" / "vllm-bench" / run
    said = document(folder / "meta.json.gz")
    lines = gzip.decompress((folder / "requests.jsonl.gz").read_bytes()).splitlines()
    assert said["num_requests"] == len(lines) == 300
    assert said["engine_kwargs"]["tensor_parallel_size"] == gpus
    first, last = (datetime.fromisoformat(said[name]) for name in ("started_at", "finished_at"))
    arrived = [json.loads(line)["arrival_time"] for line in lines]
    assert first.timestamp() <= min(arrived) <= max(arrived) <= last.timestamp()


def test_utilization_hides_what_activity_shows(sample_data: Path) -> None:
    """Why SM_ACTIVE is asked for: medians of Acme's two clusters."""
    path = sample_data / "gpu" / "acme" / "dcgm_metric_cdfs.csv.gz"
    curves = pl.read_csv(path, infer_schema_length=None)
    upper = curves.filter(pl.col("cdf_pct") >= 50).group_by("source", "metric")
    medians = upper.agg(pl.min("value")).sort("value")
    for metric, expected in (
        ("GPU_UTIL", [98, 99]),
        ("SM_ACTIVE", [33, 50]),
        ("SM_OCCUPANCY", [9, 14]),
    ):
        found = medians.filter(metric=f"{metric}_pct")["value"]
        assert found.to_list() == pytest.approx(expected, abs=1)


def test_gpus_are_requested_in_thousandths(sample_data: Path) -> None:
    folder = sample_data / "gpu" / "alibaba-gpu-v2023"
    pods = pl.read_csv(folder / "openb_pod_list_default.csv.gz")
    is_part = (pl.col("num_gpu") == 1) & (pl.col("gpu_milli") < 1000)
    assert pods.filter(is_part).height == 3078
    nodes = pl.read_csv(folder / "openb_node_list_all_node.csv.gz")
    with_gpus = pl.read_csv(folder / "openb_node_list_gpu_node.csv.gz")
    assert nodes.filter(pl.col("gpu") > 0).height == with_gpus.height
    spot = pl.read_csv(sample_data / "gpu" / "alibaba-spot-2026" / "node_info_df.csv.gz")
    counts = dict(spot.group_by("gpu_model").agg(pl.sum("gpu_capacity_num")).iter_rows())
    assert sorted(counts.values()) == [176, 976, 1558, 1752, 2494, 3456]


@pytest.mark.parametrize(("gpu", "rows"), [("v100", 476), ("a40", 453), ("rtx6000", 410)])
def test_a_lower_power_limit_saves_energy(sample_data: Path, gpu: str, rows: int) -> None:
    """Meters obey limits (of an A40 not the lowest), and full power is hardly ever the best."""
    path = sample_data / "gpu" / "zeus-power" / f"summary_power_{gpu}.csv.gz"
    runs = pl.read_csv(path, infer_schema_length=None)
    assert runs.height == rows
    limited = runs.filter(pl.col("power_limit") > 100)
    assert (limited["average_power"] <= limited["power_limit"] * 1.03).all()
    energy = pl.col("average_power") * pl.col("time_per_epoch")
    jobs = runs.sort("power_limit").group_by("dataset", "network", "batch_size", "optimizer")
    least = jobs.agg(energy.min().alias("least"), energy.last().alias("full"))
    assert 0.15 < 1 - float(least["least"].sum()) / float(least["full"].sum()) < 0.3


def energy_defaults(cloud: str) -> pl.DataFrame:
    return texts(SEEDS / "energy_factor_defaults.csv").filter(cloud=cloud)


def test_pue_of_regions_is_what_the_clouds_publish(sample_data: Path) -> None:
    folder = sample_data / "prices" / "carbon"
    azure = {
        fields[-3]: fields[-2]
        for line in (folder / "spruce_azure_pue_wue.csv").read_text().splitlines()
        if not line.startswith("#") and len(fields := line.split(",")) >= 4
    }
    ours = dict(energy_defaults("azure").select("region_id", "pue").iter_rows())
    assert {region: azure[region] for region in ours} == ours
    rules = texts(folder / "spruce_aws_pue_wue.csv", comment_prefix=None).rows()
    exact = {region: pue for _, region, pue, _ in rules if not re.search(r"[.+]", region)}
    for region, pue in energy_defaults("aws").select("region_id", "pue").iter_rows():
        general = [value for _, rule, value, _ in rules if re.fullmatch(rule, region)]
        assert Decimal(pue) == Decimal(exact.get(region) or general[0]), region


def test_grids_of_regions_are_what_google_and_ember_publish(sample_data: Path) -> None:
    folder = sample_data / "prices" / "carbon"
    google = dict(
        texts(folder / "gcp_region_carbon_2024.csv").select(pl.nth(0), pl.nth(3)).iter_rows()
    )
    ember = {
        tuple(fields[:2]): fields[2]
        for line in (folder / "ember_co2_intensity_by_cloud_region.csv").read_text().splitlines()
        if not line.startswith("#") and len(fields := line.split(",")) >= 3
    }
    told = texts(SEEDS / "energy_factor_defaults.csv")
    for cloud, region, grams, source in told.select(
        "cloud", "region_id", "grid_grams_per_kwh", "factor_source"
    ).iter_rows():
        published = ember[cloud, region] if "Ember" in source else google[region]
        assert Decimal(grams) == round(Decimal(published), 2), region


def test_spot_discounts_are_those_of_the_advisor(sample_data: Path) -> None:
    path = sample_data / "prices" / "spot" / "aws_spot_advisor_2025-06-28.json.gz"
    accelerated = re.compile(r"(?:p|g|gr|trn|inf|dl)[0-9][a-z]*\.")
    quotes = [
        quote
        for systems in document(path)["spot_advisor"].values()
        for name, quote in systems["Linux"].items()
        if accelerated.match(name)
    ]
    assert statistics.median(quote["s"] for quote in quotes) / 100 == pytest.approx(0.67, abs=0.02)
    ours = texts(SEEDS / "industry_benchmark_ranges.csv").filter(benchmark="spot_discount")
    assert "median 0.67" in ours["published_source"][0]


def test_routing_by_subject_has_room(sample_data: Path) -> None:
    path = sample_data / "prices" / "routing" / "routellm_mmlu_correct.csv.gz"
    right = texts(path).select(
        (pl.nth(1) == "True").alias("weak"), (pl.nth(2) == "True").alias("s")
    )
    assert right.height == 14_042
    shares = right.select(
        pl.col("weak").mean(),
        pl.col("s").mean(),
        (~pl.col("weak") & ~pl.col("s")).mean().alias("n"),
    ).row(0)
    assert [round(share, 3) for share in shares] == [0.681, 0.806, 0.141]


@pytest.mark.parametrize(
    ("version", "entries"),
    [("2024-06-30", 446), ("2024-09-06", 566), ("2025-03-24", 886), ("2025-09-01", 1701)],
)
def test_older_price_lists_are_price_lists(sample_data: Path, version: str, entries: int) -> None:
    path = sample_data / "prices" / "llm" / f"litellm_model_prices_{version}.json.gz"
    content = gzip.decompress(path.read_bytes())
    assert len(json.loads(content)) == entries
    assert read_prices(content, "openai").prices


def test_the_example_of_an_azure_manifest_is_one(sample_data: Path) -> None:
    path = sample_data / "billing" / "azure-native" / "manifest_example.json"
    manifest = parse_manifest(AzureManifest, path.read_bytes(), str(path))
    assert (manifest.period, manifest.export, len(manifest.blobs)) == ("2026-09", "focus-daily", 1)


def test_categories_of_azure_services_are_those_of_the_reference(sample_data: Path) -> None:
    services = texts(sample_data / "billing" / "azure-reference" / "Services.csv")
    assert services.height == 397
    assert set(FAMILIES.values()) <= set(services["ServiceCategory"]) | {"Other"}
