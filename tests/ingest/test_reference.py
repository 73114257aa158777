"""Reference tables: what a company edits, read strictly, every mistake named by its line."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apportion.errors import ConfigError
from apportion.settings import Settings
from ingest import schemas
from ingest.collect import CollectResult, collect
from ingest.ledger import Ledger
from ingest.sources.reference import rules
from tests.conftest import Bucket
from tests.ingest.conftest import WINDOW

TEAMS = """\
team,cost_center,business_unit,owner,valid_from,valid_to
search,100,Consumer,ada@example.com,2026-01-01,
fraud,200,Risk,,,2027-01-01
"""
HEADERS = {table: ",".join(columns) for table, columns in schemas.REFERENCE.items()}


class Reference:
    """A folder of reference tables."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        folder.mkdir()
        self.write("teams", TEAMS)

    def write(self, table: str, text: str | bytes) -> None:
        content = text if isinstance(text, bytes) else text.encode()
        (self.folder / f"{table}.csv").write_bytes(content)

    def rows(self, table: str, *rows: str) -> None:
        self.write(table, "\n".join([HEADERS[table], *rows, ""]))

    def collect(self) -> CollectResult:
        return collect(self.settings, "company", WINDOW)

    def problem(self) -> str:
        with pytest.raises(ConfigError) as error:
            self.collect()
        assert error.value.code == "REFERENCE_INVALID"
        return error.value.message

    def table(self, name: str) -> list[dict[str, Any]]:
        files = Ledger(self.settings.home).current_files()
        (file,) = (file for file in files if file.table == name)
        assert file.partition == "reference"
        return pl.read_parquet(file.path).to_dicts()


@pytest.fixture
def reference(make_settings: Callable[..., Settings], tmp_path: Path) -> Reference:
    settings = make_settings({"name": "company", "kind": "reference", "location": "tables"})
    return Reference(settings, tmp_path / "tables")


def test_tables_are_typed(reference: Reference) -> None:
    reference.rows("model_prices", "openai,gpt-x,input,,,2.5e-7,USD, list ,2026-01-01,")
    reference.rows("exchange_rates", "EUR,USD,1.08125,2026-10-01,2026-11-01")
    assert reference.collect().rows == 4
    fraud, search = sorted(reference.table("teams"), key=lambda row: row["team"])
    assert (fraud["valid_from"], fraud["valid_to"]) == (date(1970, 1, 1), date(2027, 1, 1))
    assert (search["valid_from"], search["valid_to"]) == (date(2026, 1, 1), None)
    assert (fraud["owner"], fraud["object_key"], fraud["object_row"]) == (None, "teams.csv", 2)
    (price,) = reference.table("model_prices")
    assert (price["price_per_token"], price["price_source"]) == (Decimal("2.5E-7"), "list")
    assert (price["service_tier"], price["context_tokens_over"]) == ("standard", 0)
    (rate,) = reference.table("exchange_rates")
    assert rate["rate"] == Decimal("1.08125")


def test_every_table_can_be_filled(reference: Reference) -> None:
    reference.rows("team_aliases", "Search-Team,search,,")
    reference.rows("tag_aliases", "Team,team,,")
    reference.rows("owner_rules", "r1,10,tag,team,*,$value,,", "r2,20,namespace,,ml,fraud,,")
    reference.rows("workload_rules", "w1,10,pod_label,app,train,training,,,")
    reference.rows("deployments", "chat,llama,,,self_hosted,search,online_inference,1,0,3,,,,,")
    reference.rows("commitment_scopes", "ram-3y,search-prod,us-west1,RAM,2400,,")
    reference.rows("token_weights", "llama,NVIDIA H100,10,1,40,0,calibrated,,")
    reference.rows("model_meters", "OpenAI,gpt-x input,openai,gpt-x,input,batch,,")
    reference.rows("model_prices", "openai,gpt-x,input,batch,200000,0.00001,USD,,,")
    reference.rows(
        "shared_cost_policies",
        "network,1,service_category,Networking,proportional,,,,,",
        "tools,2,service_name,Wiki,fixed,,search,3,,",
        "tools,2,service_name,Wiki,fixed,,fraud,1,,",
    )
    reference.rows("exchange_rates", "EUR,USD,1.1,,")
    reference.rows("budgets", "team,search,40000,,", "organization,all,1000000,,")
    reference.rows("energy_factors", "Own hall,*,1.35,345.5,utility bill 2025,,")
    reference.rows("model_evaluations", "triage,gpt-x,0.91,0.01,,eval of May,,")
    reference.rows("serving_benchmarks", "llama,baseline,bf16,NVIDIA H100,4,3100.5,,load test,,")
    reference.rows("hardware_offers", "NVIDIA H100,32500,,,,,,,,,,,,,USD,offer,,")
    reference.rows("gpu_offers", "Nebius,eu-north1,NVIDIA H100,Dynamic,1.25,USD,price list,,")
    reference.rows("semantic_cache_trials", "triage,0.2,400,2,0.00000002,pilot of May,,")
    reference.rows("context_trials", "triage,gpt-x,0.4,0.9,0.01,eval of May,,")
    reference.rows("device_trials", "triage,phone-1b,0.9,0.1,,eval of May,,")
    reference.rows("provisioned_units", "openai,gpt-x,30000,4,1.5,USD,2,offer,,")
    reference.rows("commitment_offers", "AWS,CSP,,,12,No Upfront,0.27,price list,,")
    reference.rows("energy_hours", "Hall,muc,23,0.21,,EUR,390.5,,day ahead,2026-10-01,2026-10-02")
    reference.rows("job_slack", "nightly-*,6,team,,")
    reference.rows("facility_energy", "Hall,muc,1500,1000,0.2,EUR,no,meter,2026-10-01,2026-11-01")
    reference.rows("cooling_offers", "Hall,muc,liquid,1.1,,96,EUR,offer,,")
    reference.rows("owned_hardware", "node 1,n1,Hall,muc,178000,,8,48,EUR,yes,books,2023-01-01,")
    reference.rows("loaded_rates", "people,staff,search,54000,3,USD,budget,,")
    reference.rows("tooling_services", "AWS,*,,")
    reference.rows("value_rates", "team,search,0.5,USD,controlling,,")
    reference.rows("lever_assumptions", "scale_down,target_utilization,0.5,load test,,")
    reference.rows("opportunity_decisions", "spot,jobs of eval,search,accepted,ada,12.5,,,")
    result = reference.collect()
    files = Ledger(reference.settings.home).current_files()
    assert {file.table for file in files} == set(schemas.REFERENCE)
    assert (result.rows, reference.collect().unchanged) == (38, 1)


def test_every_table_has_its_rules() -> None:
    assert set(rules.KEYS) == set(rules.OPTIONAL) == set(schemas.REFERENCE)
    for table, columns in schemas.REFERENCE.items():
        assert set(rules.KEYS[table]) | rules.OPTIONAL[table] <= set(columns)
    for table, column in rules.CHOICES:
        assert column in schemas.REFERENCE[table]


@pytest.mark.parametrize(
    ("table", "row", "problem"),
    [
        (
            "energy_hours",
            "H,m,24,,,,1,,s,,",
            'column hour_of_day: "24" is not an hour from 0 to 23.',
        ),
        ("energy_hours", "H,m,1,0.2,,,,,s,,", "column currency: is empty, but there is a price."),
        ("facility_energy", "H,m,9,8,1,EUR,no,m,2026-10-01,", "column valid_to: is empty, but a"),
        ("facility_energy", "H,m,9,8,1,EUR,no,m,,2026-10-01", "column valid_from: is empty, but a"),
        ("facility_energy", "H,m,8,9,1,EUR,no,m,2026-10-01,2026-10-02", "column it_kwh: 9 is more"),
        ("facility_energy", "H,m,9,8,1,EUR,maybe,m,,", '"maybe" is not known; one of yes, no.'),
        ("owned_hardware", "n,,H,m,9,,,48,EUR,no,b,,", "column valid_from: is empty, but hardware"),
        ("owned_hardware", "n,,H,m,9,10,,48,EUR,no,b,2026-10-01,", "column residual_value: 10 is"),
        (
            "loaded_rates",
            "people,staff,serach,9,,USD,b,,",
            'column team: "serach" is not in teams.csv',
        ),
        ("owner_rules", "r,abc,tag,k,v,search,,", 'column priority: "abc" is not a whole number.'),
        ("owner_rules", "r,1.0,tag,k,v,search,,", 'column priority: "1.0" is not a whole number.'),
        ("owner_rules", ",1,tag,k,v,search,,", "column rule_id: is empty."),
        ("owner_rules", "r,1,tga,k,v,search,,", '"tga" is not known (did you mean "tag"?)'),
        ("owner_rules", "r,1,tag,k,v,serach,,", 'column team: "serach" is not in teams.csv (did'),
        ("owner_rules", "r,1,tag,k,v,search,", "has 7 cells, the header 8."),
        ("owner_rules", "r,1,tag,k,v,search,2026-13-01,", '"2026-13-01" is not a date of the'),
        ("owner_rules", "r,1,tag,k,v,search,20261001,", '"20261001" is not a date of the form'),
        ("owner_rules", "r,1,tag,k,v,search,01/02/2026,", '"01/02/2026" is not a date of the'),
        (
            "owner_rules",
            "r,1,tag,k,v,search,2026-10-01,2026-10-01",
            "column valid_to: 2026-10-01 is not after valid_from (2026-10-01).",
        ),
        ("team_aliases", "x,$value,,", 'column team: "$value" is not in teams.csv.'),
        ("team_aliases", "Fraud,search,,", '"Fraud" is the name of a team, but stands here for'),
        (
            "budgets",
            "team,serach,10,,",
            'column scope_name: "serach" is no team that has cost (did',
        ),
        ("energy_factors", "Own hall,*,0.9,345,bill,,", "column pue"),
        ("model_evaluations", "t,m,-0.1,0.01,,e,,", 'column quality: "-0.1" is less than 0.'),
        ("serving_benchmarks", "m,fp8,v,H100,4,9,,b,,", 'column technique: "fp8" is not known'),
        ("serving_benchmarks", "m,pruning,v,H100,0,9,,b,,", 'column gpu_count: "0" is not greater'),
        ("gpu_offers", "N,eu,H100,Spot,1,USD,o,,", 'column pricing_category: "Spot" is not known'),
        ("semantic_cache_trials", "t,1.2,9,0,,p,,", 'column hit_share: "1.2" is more than 1.'),
        ("commitment_offers", "AWS,CSP,,,12,Monthly,0.2,o,,", 'payment_option: "Monthly" is not'),
        ("commitment_offers", "AWS,CSP,,,12,No Upfront,1,o,,", 'discount: "1" is not less than 1'),
        ("budgets", "organization,us,10,,", "known are all."),
        ("budgets", "team,search,-1,,", "column monthly_amount"),
        ("deployments", "d,m,,,api,risk,,,,,,,,,", 'column team: "risk" is not in teams.csv.'),
        ("deployments", "d,m,,,hosted,,,,,,,,,,", '"hosted" is not known (did you mean'),
        ("deployments", "d,m,,,api,,,-1,,,,,,,", 'input_token_weight: "-1" is less than 0.'),
        ("exchange_rates", "EUR,USD,0,,", 'column rate: "0" is not greater than 0.'),
        ("exchange_rates", "EUR,USD,-1,,", 'column rate: "-1" is not greater than 0.'),
        ("exchange_rates", "EUR,USD,1.0000000001,,", "has more than 9 decimal places."),
        ("exchange_rates", "EUR,USD,1e10,,", '"1e10" is too large.'),
        ("exchange_rates", "EUR,USD,NaN,,", '"NaN" is not a decimal number.'),
        ("exchange_rates", 'EUR,USD,"1,5",,', '"1,5" is not a decimal number.'),
        ("exchange_rates", "EUR,USD,$1,,", '"$1" is not a decimal number.'),
        ("model_prices", "o,m,input,,,,USD,,,", "column price_per_token: is empty."),
        ("model_prices", "o,m,input,,,1e-19,USD,,,", "has more than 18 decimal places."),
        ("model_prices", "o,m,inptu,,,1,USD,,,", '"inptu" is not known (did you mean "input"?)'),
    ],
)
def test_a_wrong_cell_is_named_by_file_line_and_column(
    reference: Reference, table: str, row: str, problem: str
) -> None:
    reference.rows(table, row)
    message = reference.problem()
    assert message.startswith(f"{table}.csv:2 ")
    assert problem in message


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("alias,taem,valid_from,valid_to", 'unknown column "taem" (did you mean "team"?)'),
        ("alias,team,valid_from", 'has no column "valid_to"'),
        ("alias,team,team,valid_from,valid_to", 'has the column "team" twice'),
        ("", 'has no column "alias"'),
    ],
)
def test_a_header_must_name_the_columns(reference: Reference, header: str, problem: str) -> None:
    reference.write("team_aliases", header)
    message = reference.problem()
    assert message.startswith("team_aliases.csv:1 ")
    assert problem in message
    assert "Its columns are: alias, team, valid_from, valid_to." in message


def test_columns_may_stand_in_any_order_and_lines_be_blank(reference: Reference) -> None:
    reference.write("team_aliases", "\ufeffvalid_to,team,alias,valid_from\r\n\r\n,search,s,\r\n")
    reference.collect()
    (alias,) = reference.table("team_aliases")
    assert (alias["alias"], alias["team"], alias["object_row"]) == ("s", "search", 1)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"alias,team,valid_from,valid_to\nd\xe9,search,,\n", ":2 is not UTF-8 text"),
        (b'alias,team,valid_from,valid_to\n"x,search,,\n', " is not valid CSV"),
    ],
)
def test_a_file_that_is_not_csv_text_is_named(
    reference: Reference, content: bytes, problem: str
) -> None:
    reference.write("team_aliases", content)
    message = reference.problem()
    assert message.startswith("team_aliases.csv:")
    assert problem in message


@pytest.mark.parametrize(
    ("table", "first", "second", "key"),
    [
        ("team_aliases", "s,search,,", "S,fraud,,", 'alias "S"'),
        ("tag_aliases", "Team,team,,2026-06-01", "team,owner,2026-05-31,", 'alias_key "team"'),
        ("deployments", "d,m,,,api,,,,,,,,,,", "d,n,,,api,,,,,,,,,,", 'deployment "d"'),
        (
            "model_prices",
            "o,m,input,,,1,USD,,2026-01-01,",
            "o,m,input,standard,0,2,USD,,2026-06-01,",
            'token_type "input"',
        ),
        ("exchange_rates", "EUR,USD,1,,", "EUR,USD,2,,2026-01-01", 'currency "EUR"'),
        ("owner_rules", "r,1,tag,k,v,search,,", "r,2,tag,k,w,fraud,,", 'rule_id "r"'),
    ],
)
def test_two_rows_of_a_key_are_never_in_force_together(
    reference: Reference, table: str, first: str, second: str, key: str
) -> None:
    reference.rows(table, first, second)
    message = reference.problem()
    assert f"{table}.csv:" in message
    assert key in message
    assert "is in force on the same days as in line" in message


def test_a_row_may_take_over_on_the_day_another_ends(reference: Reference) -> None:
    reference.rows(
        "team_aliases",
        "s,search,,2026-06-01",
        "s,fraud,2026-06-01,2026-07-01",
        "s,search,2026-07-01,",
    )
    assert reference.collect().rows == 5


def test_a_team_is_valid_once_at_a_time(reference: Reference) -> None:
    reference.write("teams", TEAMS + "Search,1,Other,,2026-12-31,\n")
    assert 'team "Search" is in force on the same days as in line 2' in reference.problem()


def test_every_problem_is_told_at_once(reference: Reference) -> None:
    reference.rows("owner_rules", *[f"r{n},x,tag,k,v,search,,y" for n in range(30)])
    lines = reference.problem().splitlines()
    assert len(lines) == 22
    assert lines[20] == "... and 40 more."
    assert lines[21] == "Nothing was published. Correct the file and run again."


def test_a_file_of_another_name_is_not_silently_ignored(reference: Reference) -> None:
    reference.write("owner_rule", HEADERS["owner_rules"])
    assert 'owner_rule.csv: there is no table of that name (did you mean "owner_rules.csv"?)' in (
        reference.problem()
    )


def test_teams_must_be_there(reference: Reference) -> None:
    (reference.folder / "teams.csv").unlink()
    with pytest.raises(ConfigError, match=r"REFERENCE_MISSING .*teams\.csv"):
        reference.collect()


def test_a_mistake_leaves_the_last_good_tables_current_until_it_is_corrected(
    reference: Reference,
) -> None:
    reference.collect()
    before = Ledger(reference.settings.home).current_files()
    reference.rows("team_aliases", "x,nobody,,")
    for _ in range(2):
        assert "nobody" in reference.problem()
        assert Ledger(reference.settings.home).current_files() == before
    reference.rows("team_aliases", "x,search,,")
    assert reference.collect().typed == 1
    assert len(Ledger(reference.settings.home).current_files()) == 2


def test_a_removed_file_empties_its_table_and_what_was_comes_back(reference: Reference) -> None:
    reference.rows("team_aliases", "x,search,,")
    reference.collect()
    aliases = reference.folder / "team_aliases.csv"
    aliases.rename(reference.folder / "kept")
    reference.collect()
    assert [f.table for f in Ledger(reference.settings.home).current_files()] == ["teams"]
    (reference.folder / "kept").rename(aliases)
    assert reference.collect().objects_fetched == 0
    assert len(reference.table("team_aliases")) == 1


@pytest.mark.server
def test_tables_may_lie_in_a_bucket(
    s3_bucket: Bucket, make_settings: Callable[..., Settings]
) -> None:
    s3_bucket.put("tables/teams.csv", TEAMS.encode())
    settings = make_settings(
        {
            "name": "company",
            "kind": "reference",
            "location": f"s3://{s3_bucket.name}/tables",
            "endpoint_url": s3_bucket.endpoint_url,
        }
    )
    assert collect(settings, "company", WINDOW).rows == 2


def test_a_price_of_ones_own_may_stand_beside_an_imported_one(reference: Reference) -> None:
    reference.rows(
        "model_prices",
        "o,m,input,,,1,USD,contract,,",
        "o,m,input,,,2,USD,litellm:list.json,,",
    )
    assert reference.collect().rows == 4


def test_two_imported_prices_are_never_in_force_together(reference: Reference) -> None:
    reference.rows(
        "model_prices",
        "o,m,input,,,1,USD,litellm:a.json,,",
        "o,m,input,standard,0,2,USD,litellm:b.json,,",
    )
    assert "model_prices.csv:3" in reference.problem()
