"""The sample company's `apportion.toml`."""

from pathlib import Path

from apportion.sample.calendar import Calendar
from apportion.sample.company import COMPANY, REPORTING_CURRENCY
from apportion.sample.layouts import AWS_EXPORT, AZURE_EXPORT
from apportion.sample.native_clouds import SOURCES

HMAC_KEY = "log-hmac.key"

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
name = "openai"                         # model APIs: tokens by day, project and meter
kind = "focus"
location = "exports/openai"
layout = "manifest"

[[sources]]
name = "anthropic"
kind = "focus"
location = "exports/anthropic"
layout = "manifest"

[[sources]]
name = "data-hall"                      # our own machines: finance's rate card, in EUR
kind = "focus"
location = "exports/data-hall"
layout = "files"
files = [{hall_files}]

# Who used what --------------------------------------------------------------------------------

[[sources]]
name = "prometheus"                     # dcgm-exporter and kube-state-metrics
kind = "prometheus_dump"
location = "exports/prometheus"

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
{spans}
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
}


SPANS = f"""
[[sources]]
name = "spans"                          # calls that an OpenTelemetry collector wrote down
kind = "otel_genai"
location = "exports/spans"
hmac_key = "file:{HMAC_KEY}"
prefixes = ["%Y-%m-%d/"]
attributes = {{ deployment_id = "gateway.model_id" }}
"""


def write_configuration(
    path: Path, calendar: Calendar, natively: tuple[str, ...] = (), *, spans: bool = False
) -> None:
    """Write the configuration file.

    Args:
        path: the file.
        calendar: the days of the company.
        natively: the clouds that write no FOCUS.
        spans: whether a collector wrote a part of the calls down.
    """
    files = ", ".join(f'"rate-card-{month:%Y-%m}.csv"' for month in calendar.months())
    text = TEMPLATE.format(
        company=COMPANY,
        currency=REPORTING_CURRENCY,
        first=calendar.first_day,
        last=calendar.day(calendar.days - 1),
        **FOCUS | {cloud: SOURCES[cloud] for cloud in natively},
        hall_files=files,
        hmac_key=HMAC_KEY,
        spans=SPANS if spans else "",
    )
    path.write_text(text, encoding="utf-8")
