"""The cost APIs of AI vendors: paged, exact, asked again, and loud when they refuse."""

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from apportion.errors import ConfigError, DeliveryRefused, SourceUnavailable
from apportion.settings import Settings
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.registry import open_source
from ingest.source import Window
from tests.ingest.vendor_server import KEY, Vendor

OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 5))
TOKENS = {
    "context_window": "0-200k",
    "cost_type": "tokens",
    "currency": "USD",
    "description": "Claude Opus 5 Usage - Input Tokens",
    "inference_geo": "global",
    "model": "claude-opus-5",
    "service_tier": "standard",
    "token_type": "uncached_input_tokens",
}


def openai(value: str, line_item: str = "gpt-5, input", project: str | None = "proj_1") -> str:
    """A result of OpenAI; the amount is a JSON number, as written."""
    named = json.dumps({"line_item": line_item, "project_id": project, "api_key_id": None})
    amount = f'"amount": {{"value": {value}, "currency": "usd"}}'
    return f'{{"object": "organization.costs.result", {amount}, {named[1:]}'


def anthropic(cents: str, workspace: str | None = "wrkspc_1") -> str:
    """A result of Anthropic; the amount is text, in cents."""
    return json.dumps(TOKENS | {"amount": cents, "workspace_id": workspace})


def charges(settings: Settings) -> pl.DataFrame:
    files = [f for f in Ledger(settings.home).current_files() if f.table == "focus_charges"]
    return pl.concat([pl.read_parquet(file.path) for file in files]).sort("charge_period_start")


def test_openai_costs_are_charges_to_the_last_digit(
    vendor: Vendor, configured: Callable[..., Settings]
) -> None:
    vendor.results["2026-10-01"] = [openai("0.06"), openai("1e-7", "gpt-5, output", None)]
    vendor.results["2026-10-05"] = [openai("12.345678901234567")]
    settings = configured("openai_costs")
    result = collect(settings, "vendor", OCTOBER)
    assert (result.landed, result.rows, result.quarantined_rows, result.refused) == (2, 3, 0, [])
    rows = charges(settings)
    assert rows["billed_cost"].sum() == Decimal("12.405679001234567")
    assert rows["effective_cost"].to_list() == rows["billed_cost"].to_list()
    first = rows.filter(pl.col("sub_account_id") == "proj_1").row(0, named=True)
    assert first["billing_account_id"] == "org-1"
    assert first["billing_currency"] == "USD"
    assert first["sku_meter"] == "gpt-5, input"
    assert f"{first['charge_period_start']:%F} {first['charge_period_end']:%F}" == (
        "2026-10-01 2026-10-02"
    )
    assert f"{first['billing_period_start']:%F}" == "2026-10-01"
    assert len(vendor.asked) == 3  # five days, two buckets a page


def test_a_key_may_be_a_charge_of_its_own(
    vendor: Vendor, configured: Callable[..., Settings]
) -> None:
    by_key = [openai("1").replace("null", f'"key_{number}"') for number in (1, 2)]
    vendor.results["2026-10-01"] = by_key
    collect(configured("openai_costs", by_api_key=True), "vendor", OCTOBER)
    assert "group_by=api_key_id" in vendor.asked[0]
    settings = configured("openai_costs", by_api_key=True)
    keys = [json.loads(beside)["x_api_key_id"] for beside in charges(settings)["x_columns"]]
    assert sorted(keys) == ["key_1", "key_2"]


def test_anthropic_costs_are_cents(vendor: Vendor, configured: Callable[..., Settings]) -> None:
    vendor.results["2026-10-02"] = [anthropic("123.78912"), anthropic("0.01", None)]
    settings = configured("anthropic_costs")
    collect(settings, "vendor", OCTOBER)
    rows = charges(settings).sort("billed_cost", descending=True)
    assert rows["billed_cost"].to_list() == [Decimal("1.2378912"), Decimal("0.0001")]
    assert rows["sub_account_id"].to_list() == ["wrkspc_1", "default"]
    beside = json.loads(rows["x_columns"][0])
    assert (beside["x_model"], beside["x_token_type"]) == (TOKENS["model"], TOKENS["token_type"])


def test_a_day_that_changed_is_replaced_and_the_others_are_not(
    vendor: Vendor, configured: Callable[..., Settings]
) -> None:
    vendor.results |= {"2026-10-01": [openai("1")], "2026-10-02": [openai("2")]}
    settings = configured("openai_costs")
    collect(settings, "vendor", OCTOBER)
    vendor.results["2026-10-02"] = [openai("2"), openai("0.5", "gpt-5, output")]
    again = collect(settings, "vendor", OCTOBER)
    assert (again.landed, again.unchanged) == (1, 1)
    assert charges(settings)["billed_cost"].sum() == Decimal("3.5")


def test_only_the_trailing_window_is_asked_for(
    vendor: Vendor, configured: Callable[..., Settings]
) -> None:
    vendor.results |= {"2026-10-01": [openai("1")], "2026-10-05": [openai("2")]}
    settings = configured("openai_costs", trailing_days=2)
    collect(settings, "vendor", OCTOBER)
    assert charges(settings)["billed_cost"].to_list() == [Decimal(2)]


def test_the_key_is_never_written(vendor: Vendor, configured: Callable[..., Settings]) -> None:
    vendor.results["2026-10-01"] = [openai("1")]
    settings = configured("openai_costs")
    collect(settings, "vendor", OCTOBER)
    files = [path for path in Path(settings.home).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_a_busy_vendor_is_asked_again(vendor: Vendor, configured: Callable[..., Settings]) -> None:
    vendor.results["2026-10-01"] = [openai("1")]
    vendor.failures = [429]
    settings = configured("openai_costs")
    source = open_source(settings, "vendor")
    with pytest.raises(SourceUnavailable, match="429"):
        list(source.discover(OCTOBER))
    assert [delivery.period for delivery in source.discover(OCTOBER)] == ["2026-10-01"]


@pytest.mark.parametrize("kind", ["openai_costs", "anthropic_costs"])
def test_a_wrong_key_says_what_to_mend(
    vendor: Vendor,
    configured: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    del vendor
    settings = configured(kind)
    monkeypatch.setenv("VENDOR_KEY", "sk-wrong")
    with pytest.raises(ConfigError, match=r"ACCESS_DENIED.*admin_key") as refused:
        list(open_source(settings, "vendor").discover(OCTOBER))
    assert "sk-wrong" not in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [
        "<html>sign in</html>",
        '{"data": {}}',
        '{"data": [{"results": []}], "has_more": false}',
    ],
)
@pytest.mark.parametrize("kind", ["openai_costs", "anthropic_costs"])
def test_an_answer_that_is_no_page_of_results_is_refused(
    vendor: Vendor, configured: Callable[..., Settings], kind: str, answer: str
) -> None:
    vendor.answer = answer
    with pytest.raises(DeliveryRefused, match="ANSWER_INVALID"):
        list(open_source(configured(kind), "vendor").discover(OCTOBER))


def test_an_amount_that_is_no_number_is_quarantined(
    vendor: Vendor, configured: Callable[..., Settings]
) -> None:
    vendor.results["2026-10-01"] = [anthropic("1.5"), anthropic("n/a", "wrkspc_2")]
    settings = configured("anthropic_costs")
    result = collect(settings, "vendor", OCTOBER)
    assert (result.rows, result.quarantined_rows) == (1, 1)


def page(day: str, *results: str, more: bool = False) -> str:
    """A page of OpenAI's answer, as a job saved it."""
    start = int(datetime.fromisoformat(f"{day}T00:00:00Z").timestamp())
    bucket = f'{{"start_time": {start}, "results": [{", ".join(results)}]}}'
    return f'{{"object": "page", "data": [{bucket}], "has_more": {json.dumps(more)}}}'


@pytest.fixture
def saved(make_settings: Callable[..., Settings], tmp_path: Path) -> tuple[Settings, Path]:
    """A source of answers that a job saves, and where it does."""
    folder = tmp_path / "answers"
    folder.mkdir()
    section = {"name": "vendor", "kind": "openai_costs", "location": "answers"}
    return make_settings(section | {"organization": "org-1"}), folder


def test_saved_answers_are_the_charges_of_their_days(saved: tuple[Settings, Path]) -> None:
    settings, folder = saved
    (folder / "2026-10-01.json").write_text(page("2026-10-01", openai("12.345678901234567")))
    (folder / "2026-10-02.json").write_text(page("2026-10-02"))
    (folder / "2026-09-30.json").write_text(page("2026-09-30", openai("7")))
    (folder / "notes.json").write_text("{}")
    result = collect(settings, "vendor", OCTOBER)
    assert (result.landed, result.rows, result.refused) == (2, 1, [])
    assert charges(settings)["billed_cost"].to_list() == [Decimal("12.345678901234567")]
    (folder / "2026-10-01.json").write_text(page("2026-10-01", openai("13")))
    assert collect(settings, "vendor", OCTOBER).landed == 1
    assert charges(settings)["billed_cost"].to_list() == [Decimal(13)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("<html>", "is not JSON"),
        ('{"error": {}}', 'no list "data"'),
        (page("2026-10-01", openai("1"), more=True), "only the first page"),
        (page("2026-10-02", openai("1")), "answers for 2026-10-02"),
    ],
)
def test_what_is_not_the_answer_of_its_day_is_refused(
    saved: tuple[Settings, Path], content: str, problem: str
) -> None:
    settings, folder = saved
    (folder / "2026-10-01.json").write_text(content)
    (refused,) = collect(settings, "vendor", OCTOBER).refused
    assert refused.code == "ANSWER_INVALID"
    assert problem in str(refused)


def test_costs_are_asked_for_or_saved_and_not_both(configured: Callable[..., Settings]) -> None:
    for options in ({"location": "answers"}, {"admin_key": None}):
        with pytest.raises(ConfigError, match=r"admin_key.*location"):
            open_source(configured("openai_costs", **options), "vendor")


@pytest.mark.data
def test_the_vendors_own_examples(
    vendor: Vendor, configured: Callable[..., Settings], sample_data: Path
) -> None:
    for kind, file, day, cost in (
        ("openai_costs", "openai/organization_costs.json", "2024-11-01", "0.06"),
        ("anthropic_costs", "anthropic/cost_report.json", "2025-08-01", "1.2378912"),
    ):
        example = json.loads((sample_data / "billing" / file).read_text())
        vendor.results = {day: [json.dumps(r) for r in example["data"][0]["results"]]}
        settings = configured(kind)
        window = Window(date.fromisoformat(day), date.fromisoformat(day))
        result = collect(settings, "vendor", window)
        assert (result.rows, result.quarantined_rows) == (1, 0)
        booked = charges(settings).filter(pl.col("charge_period_start") == window.first)
        assert booked["billed_cost"].to_list() == [Decimal(cost)]
