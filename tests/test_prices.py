"""`apportion prices import`: what it shows, writes and refuses."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from apportion.cli import main

PRICES = {
    "sample_spec": {"litellm_provider": "one of the documentation"},
    "gpt-x": {
        "litellm_provider": "openai",
        "input_cost_per_token": 2.5e-07,
        "input_cost_per_token_batches": 1.25e-07,
        "output_cost_per_image": 0.04,
    },
}


@pytest.fixture
def price_list(tmp_path: Path) -> Path:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(PRICES))
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_prices_are_shown_and_nothing_is_written(price_list: Path, tmp_path: Path) -> None:
    result = run("prices", "import", price_list, "--provider", "openai")
    assert result.exit_code == 0, result.output
    assert "0.000000125" in result.output
    assert "output_cost_per_image" in result.output
    assert list(tmp_path.iterdir()) == [price_list]


def test_prices_are_put_in_force(price_list: Path, tmp_path: Path) -> None:
    path = tmp_path / "model_prices.csv"
    path.write_text(
        "model,gen_ai_provider_name,token_type,price_per_token,currency,price_source,valid_from,"
        "valid_to\ngpt-x,openai,input,2e-7,USD,contract,2026-01-01,\n"
    )
    arguments = ("prices", "import", price_list, "--provider", "openai", "--write", path)
    result = run("--json", *arguments, "--valid-from", "2026-12-01")
    assert result.exit_code == 0, result.output
    assert {"outcome": "own", "prices": 1} in json.loads(result.output)["Prices"]
    own, batch = rows(path)
    assert (own["price_per_token"], own["valid_from"], own["valid_to"]) == (
        "2e-7",
        "2026-01-01",
        "",
    )
    assert batch == {
        "gen_ai_provider_name": "openai",
        "model": "gpt-x",
        "token_type": "input",
        "service_tier": "batch",
        "context_tokens_over": "0",
        "price_per_token": "0.000000125",
        "currency": "USD",
        "price_source": "litellm:prices.json",
        "valid_from": "2026-12-01",
        "valid_to": "",
    }
    changed = json.loads(price_list.read_text())
    changed["gpt-x"]["input_cost_per_token_batches"] = 1
    price_list.write_text(json.dumps(changed))
    content = path.read_bytes()
    again = run(*arguments, "--valid-from", "2026-11-01")
    assert "PRICES_IN_FORCE" in f"{again.output}{again.exception}"
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--provider", "nobody"), "PRICE_LIST_INVALID"),
        (("--provider", "openai", "--model", "gpt-y"), 'did you mean "gpt-x"'),
        (("--provider", "openai", "--write", "x.csv"), "--valid-from"),
    ],
)
def test_what_cannot_be_imported_is_refused(
    price_list: Path, arguments: tuple[str, ...], code: str
) -> None:
    result = run("prices", "import", price_list, *arguments)
    assert result.exit_code != 0
    assert code in f"{result.output}{result.exception}"


def test_a_table_with_mistakes_is_not_rewritten(price_list: Path, tmp_path: Path) -> None:
    path = tmp_path / "model_prices.csv"
    path.write_text("model\n")
    arguments = ("--provider", "openai", "--write", path, "--valid-from", "2026-12-01")
    result = run("prices", "import", price_list, *arguments)
    assert "REFERENCE_INVALID" in f"{result.output}{result.exception}"
    assert path.read_text() == "model\n"
