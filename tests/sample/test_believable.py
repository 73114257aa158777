"""The company is believable, and its truth adds up to its bills."""

from decimal import Decimal

import polars as pl
import pytest

from apportion.sample.calendar import Calendar
from apportion.sample.focus import AMOUNTS, focus_name
from apportion.sample.models import API_MODEL
from tests.sample.conftest import SMALL, Company

FOLDERS = {"aws": "aws/focus", "azure": "azure", "gcp": "gcp", "data-hall": "data-hall"}


def bills(company: Company) -> pl.DataFrame:
    """Every charge of the deliveries that the truth names, amounts as decimals."""
    frames = []
    places = (
        company.truth("charge_recipients")
        .select("source_name", "object_key")
        .unique()
        .sort(pl.all())
    )
    for source, key in places.iter_rows():
        path = company.result.exports / FOLDERS.get(source, source) / key
        read = pl.read_parquet if path.suffix == ".parquet" else pl.read_csv
        options = {} if path.suffix == ".parquet" else {"infer_schema": False}
        frame = read(path, **options).with_row_index("object_row", offset=1)
        names = ["ResourceId", "ChargeCategory", "CommitmentDiscountId", "CommitmentDiscountStatus"]
        frames.append(
            frame.select(
                pl.lit(source).alias("source_name"),
                pl.lit(key).alias("object_key"),
                pl.col("object_row").cast(pl.Int64),
                *names,
                *(
                    pl.col(focus_name(name)).cast(pl.Decimal(38, 18)).alias(name)
                    for name in AMOUNTS
                ),
            )
        )
    return pl.concat(frames)


@pytest.mark.parametrize("measure", ["billed_cost", "effective_cost"])
def test_truth_of_every_charge_adds_up_to_the_charge(company: Company, measure: str) -> None:
    keys = ["source_name", "object_key", "object_row"]
    truth = company.truth("charge_recipients").group_by(keys).agg(pl.col(measure).sum())
    charges = bills(company).select(*keys, pl.col(measure).alias("billed"))
    joined = charges.join(truth, on=keys, how="full", coalesce=True)
    assert joined.null_count().select(pl.sum_horizontal(pl.all())).item() == 0
    assert joined.filter(pl.col(measure) != pl.col("billed")).is_empty()


def test_team_days_and_model_days_hold_the_same_money(company: Company) -> None:
    total = company.truth("charge_recipients")["effective_cost"].sum()
    assert company.truth("team_days")["effective_cost"].sum() == total
    assert company.truth("model_days")["effective_cost"].sum() == total


def test_commitments_amortise_to_their_fees(company: Company) -> None:
    """Where the fee comes with every hour or day, used and unused parts add up to it."""
    committed = bills(company).filter(pl.col("CommitmentDiscountId").str.len_chars() > 0)
    for source in ("aws", "gcp"):
        rows = committed.filter(pl.col("source_name") == source)
        fee = rows.filter(pl.col("ChargeCategory") == "Purchase")["billed_cost"].sum()
        spread = rows.filter(pl.col("ChargeCategory") == "Usage")["effective_cost"].sum()
        assert fee == spread > 0


def test_requests_truth_adds_up_to_the_truth_of_charges(company: Company) -> None:
    """What requests cost one by one is what their deployments' direct cost is in all."""
    requests = pl.read_parquet(company.result.truth / "requests" / "*.parquet")
    ours = requests.group_by("deployment").agg(pl.col("effective_cost").sum())
    direct = pl.col("usage_class") == "direct"
    theirs = (
        company.truth("charge_recipients")
        .filter(direct)
        .group_by("deployment")
        .agg(pl.col("effective_cost").sum().alias("charged"))
    )
    joined = ours.join(theirs, on="deployment")
    assert joined.height == ours.height
    for name, cost, charged in joined.iter_rows():
        if name not in API_MODEL:
            assert abs(cost - charged) < Decimal("0.01") + charged / 1000, name
        else:
            assert cost <= charged, name


def test_gpu_time_of_requests_fits_into_the_fleet(company: Company) -> None:
    requests = pl.read_parquet(company.result.truth / "requests" / "*.parquet")
    used = requests.filter(pl.col("gpu_microseconds") > 0)["gpu_microseconds"].sum()
    assert 0 < used < company.result.gpu_count * SMALL.days * 86_400_000_000 / 2


def test_nodes_on_the_bill_are_the_nodes_of_the_telemetry(company: Company) -> None:
    """A charge of a node ends in the provider id of a node (or is its name); no node is missing."""
    samples = pl.read_parquet(
        company.result.exports / "prometheus" / "*" / "kube_node_info.parquet"
    )
    ids = samples["labels"].str.json_path_match("$.provider_id").unique()
    metered = {identifier.rpartition("/")[2].lower() for identifier in ids}
    resources = bills(company)["ResourceId"].drop_nulls().unique()
    billed = {resource.rpartition("/")[2].lower() for resource in resources}
    assert metered <= billed
    dcgm = pl.read_parquet(
        company.result.exports / "prometheus" / "*" / "DCGM_FI_DEV_GPU_UTIL.parquet"
    )
    hosts = set(dcgm["labels"].str.json_path_match("$.Hostname").drop_nulls().unique())
    assert {host for host in hosts if host.startswith("hpc-")} <= billed


def test_gpus_are_held_busy_held_idle_and_unheld(company: Company) -> None:
    samples = pl.read_parquet(
        company.result.exports / "prometheus" / "*" / "DCGM_FI_PROF_GR_ENGINE_ACTIVE.parquet"
    )
    labels = samples["labels"]
    held = (labels.str.contains('"pod":') | labels.str.contains('"hpc_job":')).alias("held")
    busy = (samples["value"] > 0.05).alias("busy")
    share = pl.DataFrame([held, busy]).group_by("held", "busy").len()
    share = {(h, b): n / len(samples) for h, b, n in share.iter_rows()}
    assert (False, True) not in share
    assert share[True, True] > 0.2
    assert share[True, False] > 0.1
    assert share[False, False] > 0.05


def test_traffic_has_days_nights_and_weekends() -> None:
    calendar = Calendar(SMALL.first_day, 14)
    for profile in ("office", "consumer", "robots"):
        load = calendar.load(profile).reshape(14, 24)
        assert load.max() > 3 * load.min()
    weekday = load[[not calendar.is_weekend(day) for day in range(14)]].mean()
    weekend = load[[calendar.is_weekend(day) for day in range(14)]].mean()
    assert weekend < weekday


def test_log_has_the_gaps_of_a_real_one(company: Company) -> None:
    log = company.requests()
    metadata = log["metadata"].struct
    assert 0.03 < metadata.field("user_api_key_team_id").null_count() / log.height < 0.07
    assert 0 < metadata.field("user_api_key_alias").null_count() < 0.05 * log.height
    assert 0 < (log["status"] == "failure").sum() < 0.04 * log.height
    assert (log["cache_hit"] == "True").sum() > 0
    assert log["id"].n_unique() == log.height
    assert log["trace_id"].n_unique() < log.height
    own = log.filter(pl.col("custom_llm_provider") == "hosted_vllm")
    assert 0.5 < own.height / log.height < 0.95
    assert (own["response_cost"] == 0).all()


def test_tokens_are_consistent(company: Company) -> None:
    log = company.requests()
    usage = log["metadata"].struct.field("usage_object").struct.unnest()
    cached = usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]
    assert (cached <= usage["prompt_tokens"]).all()
    reasoning = usage["completion_tokens_details"].struct.field("reasoning_tokens")
    assert (reasoning <= usage["completion_tokens"]).all()
    assert (usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]).all()
    assert (log["startTime"] <= log["completionStartTime"]).all()
    assert (log["completionStartTime"] <= log["endTime"]).all()


def test_vendors_bill_at_least_the_logged_tokens(company: Company) -> None:
    log = company.requests()
    sold = log.filter((pl.col("model_group") == "gpt-5") & pl.col("cache_hit").is_null())
    logged = sold["completion_tokens"].sum()
    rows = pl.concat(
        pl.read_csv(path, infer_schema=False)
        for path in sorted((company.result.exports / "openai").rglob("*.csv.gz"))
    )
    meter = rows.filter(pl.col("SkuMeter") == "gpt-5-output-tokens")
    billed = meter["ConsumedQuantity"].cast(pl.Int64).sum()
    assert logged < billed < logged * 3


def test_hours_of_deployments_add_up_to_their_charges(company: Company) -> None:
    hours = company.truth("deployment_hours")
    charges = company.truth("charge_recipients").filter(
        pl.col("deployment").is_in(hours["deployment"].unique().implode())
    )
    keys = ["deployment", "team", "usage_class"]
    ours, theirs = (
        frame.group_by(keys).agg(pl.col("effective_cost").sum().cast(pl.Float64)).sort(keys)
        for frame in (hours, charges)
    )
    assert ours.select(keys).equals(theirs.select(keys))
    assert (ours["effective_cost"] - theirs["effective_cost"]).abs().max() < 1e-6
