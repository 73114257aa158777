"""The sample company's `apportion.toml`."""

from collections.abc import Mapping
from pathlib import Path

from apportion.sample.calendar import Calendar
from apportion.sample.call_logs import CALL_LOGS, HMAC_KEY
from apportion.sample.company import COMPANY, REPORTING_CURRENCY
from apportion.sample.layouts import AWS_EXPORT, AZURE_EXPORT
from apportion.sample.native_bills import BESIDE, SOURCES
from apportion.sample.options import SampleOptions
from apportion.sample.server_dumps import NOTES
from apportion.sample.telemetry_csv import SOURCE as TELEMETRY_CSV
from apportion.sample.telemetry_smi import SOURCE as TELEMETRY_SMI

TEMPLATE = """\
# A simulated company, written by `apportion simulate`. Everything under exports/ has the layout of
# the real provider; point `location` at your own buckets (s3://bucket/prefix) to use it for real.

[organization]
name = "{company}"
reporting_currency = "{currency}"
statement_measure = "effective_cost"    # or "billed_cost"
reporting_time_zone = "UTC"             # whose days the ledger charges on, "Europe/Berlin"

[journal]                               # the general ledger's accounts; leave out for no journal
expense_account = "6410"
clearing_account = "2110"
prepaid_account = "1290"                # effective less billed cost; leave out for billed cost
cost_class_accounts = {{ idle_held = "6420", idle_unheld = "6420" }}

[schedule]
first_usage_date = {first}
last_usage_date = {last}                # leave out for data that keeps coming

# The bills ------------------------------------------------------------------------------------

[[sources]]
name = "aws"
{aws}
[[sources]]
name = "azure"
{azure}
[[sources]]
name = "gcp"
{gcp}
[[sources]]
name = "openai"
{openai}
[[sources]]
name = "anthropic"
{anthropic}
[[sources]]
name = "data-hall"
{data_hall}{more_bills}
# Who used what --------------------------------------------------------------------------------

[[sources]]
name = "prometheus"                     # dcgm-exporter and kube-state-metrics
kind = "prometheus_dump"
location = "exports/prometheus"
{more_telemetry}
[[sources]]
name = "slurm"                          # sacct of the data hall, one file a day
kind = "slurm"
location = "exports/slurm"

[[sources]]
name = "gateway"                        # LiteLLM's log of every model call
kind = "litellm"
location = "exports/litellm"
hmac_key = "file:{hmac_key}"          # finds repeated prompts without keeping one
prompt_block_characters = 256           # and prompts that begin alike
{more_logs}{servers}
# Who owns what --------------------------------------------------------------------------------

[[sources]]
name = "reference"                      # teams, rules, prices, policies: edit these tables
kind = "reference"
location = "reference"
"""


FOCUS = {
    "aws": f"""\
kind = "focus"                          # AWS Data Exports, FOCUS 1.2 with AWS columns
location = "exports/aws/focus"
layout = "aws_data_exports"
export = "{AWS_EXPORT}"
""",
    "azure": f"""\
kind = "focus"                          # Azure Cost Management exports, FOCUS 1.2-preview
location = "exports/azure"
layout = "azure_exports"
export = "{AZURE_EXPORT}"
""",
    "gcp": """\
kind = "focus"                          # Google Cloud, FOCUS as parquet
location = "exports/gcp"
layout = "manifest"
""",
    "openai": """\
kind = "focus"                          # model APIs: tokens by day, project and meter
location = "exports/openai"
layout = "manifest"
""",
    "anthropic": """\
kind = "focus"
location = "exports/anthropic"
layout = "manifest"
""",
}

HALL = """\
kind = "focus"                          # our own machines: finance's rate card, in EUR
location = "exports/data-hall"
layout = "files"
files = [{files}]
"""


def write_configuration(path: Path, calendar: Calendar, options: SampleOptions) -> None:
    """Write the configuration file.

    Args:
        path: the file.
        calendar: the days of the company.
        options: in which forms it tells of itself.
    """
    natively = {name: SOURCES[name] for name in options.native_bills if name not in BESIDE}
    files = ", ".join(f'"rate-card-{month:%Y-%m}.csv"' for month in calendar.months())
    bills = FOCUS | {"data-hall": HALL.format(files=files)} | natively
    more_bills = {name: SOURCES[name] for name in options.native_bills if name in BESIDE}
    logs = {log.folder: log.source for kind, log in CALL_LOGS.items() if kind in options.call_logs}
    forms = {"csv": ("hall-gpus", TELEMETRY_CSV), "nvidia_smi": ("hall-node", TELEMETRY_SMI)}
    telemetry = dict(forms[form] for form in options.telemetry if form in forms)
    text = TEMPLATE.format(
        company=COMPANY,
        currency=REPORTING_CURRENCY,
        first=calendar.first_day,
        last=calendar.day(calendar.days - 1),
        **{name.replace("-", "_"): source for name, source in bills.items()},
        hmac_key=HMAC_KEY,
        more_bills=_sections(more_bills),
        more_telemetry=_sections(telemetry),
        more_logs=_sections(logs),
        servers="".join(NOTES[kind] for kind in options.servers),
    )
    path.write_text(text, encoding="utf-8")


def _sections(sources: Mapping[str, str]) -> str:
    """Sources by name, each below an empty line."""
    return "".join(f'\n[[sources]]\nname = "{name}"\n{text}' for name, text in sources.items())
