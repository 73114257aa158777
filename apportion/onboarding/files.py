"""What `apportion init` writes, as text by file name."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import yaml

from apportion.onboarding.json_schema import json_schema
from apportion.onboarding.starters import STARTERS
from apportion.settings import Organization
from ingest.reference_schemas import DATES, REFERENCE
from ingest.sources.reference import rules
from warehouse.build import default_transforms

CONFIGURATION, SCHEMA = "apportion.toml", "apportion.schema.json"
TABLES_README = "reference/README.md"
DESCRIPTIONS = frozenset({SCHEMA, TABLES_README})
"""Files that describe this version of Apportion, and are not the company's to edit."""

HEAD = """\
#:schema ./{schema}
# What Apportion reads, and for whom. `apportion doctor` says what is wrong with it. Every key and
# its meaning: the schema named above, which editors with TOML support read.

[organization]
name = {name}
reporting_currency = {currency}              # other currencies need reference/exchange_rates.csv
statement_measure = "effective_cost"    # amortized; "billed_cost" charges what the invoice says
reporting_time_zone = {time_zone}             # whose days the ledger charges on

[schedule]
first_usage_date = {first}           # nothing before it is built

# [journal]                             # books the chargeback in your general ledger
# expense_account = "6410"
# clearing_account = "2110"
# prepaid_account = "1290"              # takes what effective cost differs from the invoices
"""

SOURCE = """
# {what}: docs/how-to/{guide}.md
[[sources]]
name = "{name}"
{keys}"""

REFERENCE_SOURCE = """
# Who owns what, at which price: the tables in reference/, see reference/README.md
[[sources]]
name = "reference"
kind = "reference"
location = "reference"
"""

README_HEAD = """\
# The company's own tables

CSV, UTF-8, one header line. A table may stay empty; begin with `teams.csv` and `owner_rules.csv`.
`valid_from` and `valid_to` are usage days (UTC); the second is the first day on which a row is no
longer in force, and either may be empty. Columns in *italics* may be empty too. A wrong row is
refused with its file, line and column; `apportion doctor` reads the tables without running.
"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new company has to say."""

    organization: Organization
    first_usage_date: date
    sources: Sequence[str]


def configuration(answers: Answers) -> str:
    """A commented `apportion.toml`."""
    head = HEAD.format(
        schema=SCHEMA,
        name=_quoted(answers.organization.name),
        currency=_quoted(answers.organization.reporting_currency),
        time_zone=_quoted(answers.organization.reporting_time_zone),
        first=answers.first_usage_date,
    )
    chosen = ((name, STARTERS[name]) for name in answers.sources)
    sources = (
        SOURCE.format(name=name, what=starter.what, guide=starter.guide, keys=starter.keys)
        for name, starter in chosen
    )
    return "".join((head, *sources, REFERENCE_SOURCE))


def describe() -> dict[str, str]:
    """What stands beside the configuration: its schema, and every table, empty, by file name."""
    tables = {f"reference/{name}.csv": f"{','.join(cols)}\n" for name, cols in REFERENCE.items()}
    schema = json.dumps(json_schema(), indent=2)
    return {SCHEMA: f"{schema}\n", TABLES_README: _readme(), **tables}


def _quoted(text: str) -> str:
    """A TOML basic string; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _readme() -> str:
    return "\n".join((README_HEAD, *(_about(table) for table in REFERENCE)))


def _about(table: str) -> str:
    """One table: what it says, its columns, and the values that a column may have."""
    columns = (
        f"*{name}*" if name in rules.OPTIONAL[table] or name in DATES else name
        for name in REFERENCE[table]
    )
    choices = (
        f"- `{column}`: {', '.join(f'`{value}`' for value in values)}"
        for (owner, column), values in rules.CHOICES.items()
        if owner == table
    )
    lines = (f"## {table}.csv\n", f"{_descriptions()[table]}\n", f"{', '.join(columns)}\n")
    return "\n".join((*lines, *choices, ""))


def _descriptions() -> dict[str, str]:
    text = (default_transforms() / "models" / "_landing.yml").read_text(encoding="utf-8")
    (source,) = yaml.safe_load(text)["sources"]
    return {table["name"]: table["description"] for table in source["tables"]}
