"""The sources that `apportion init` can write, each with what has to be known about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Starter:
    """A source to begin with.

    `what` says what it reads, `guide` names its page in docs/how-to, and `keys` is its TOML below
    `name`. A `location` is a folder beside the configuration until it names a bucket.
    """

    what: str
    guide: str
    keys: str


STARTERS: Mapping[str, Starter] = MappingProxyType(
    {
        "aws": Starter(
            "AWS bills: Data Exports, FOCUS 1.2 with AWS columns",
            "collect-a-focus-export",
            """\
kind = "focus"
layout = "aws_data_exports"
location = "exports/aws"                # or s3://bucket/prefix: what stands before the export
export = "focus"                        # the export's name
""",
        ),
        "aws-cur": Starter(
            "AWS bills: cost and usage report, CUR 2.0",
            "collect-aws-bills",
            """\
kind = "aws_cur"
location = "exports/aws-cur"            # or s3://bucket/prefix: what stands before the export
export = "cur"                          # the export's name
# accept_float_costs = true             # for parquet
""",
        ),
        "azure": Starter(
            "Azure bills: Cost Management exports, FOCUS",
            "collect-azure-bills",
            """\
kind = "focus"                          # "azure_cost" for exports of actual and amortized cost
layout = "azure_exports"
location = "exports/azure"
""",
        ),
        "gcp": Starter(
            "Google Cloud bills: the detailed export in BigQuery",
            "collect-google-bills",
            """\
kind = "gcp_billing"

[sources.bigquery]
table = "my-project.billing.gcp_billing_export_resource_v1_000000_000000_000000"
region = "EU"                           # where the data set is
""",
        ),
        "oci": Starter(
            "Oracle Cloud bills: cost reports",
            "collect-oci-bills",
            """\
kind = "oci_cost_report"
location = "exports/oci"                # holds reports/cost-csv/
""",
        ),
        "openai": Starter(
            "OpenAI's bill, from its cost API",
            "collect-ai-vendor-bills",
            """\
kind = "openai_costs"
organization = "org-of-yours"           # the billing account of its charges
admin_key = "env:OPENAI_ADMIN_KEY"
""",
        ),
        "openai-usage": Starter(
            "What OpenAI itself counts of calls, from its usage API",
            "collect-ai-vendor-bills",
            """\
kind = "openai_usage"
organization = "org-of-yours"
admin_key = "env:OPENAI_ADMIN_KEY"
""",
        ),
        "anthropic": Starter(
            "Anthropic's bill, from its cost API",
            "collect-ai-vendor-bills",
            """\
kind = "anthropic_costs"
organization = "org-of-yours"           # the billing account of its charges
admin_key = "env:ANTHROPIC_ADMIN_KEY"
""",
        ),
        "anthropic-usage": Starter(
            "What Anthropic itself counts of calls, from its usage API",
            "collect-ai-vendor-bills",
            """\
kind = "anthropic_usage"
organization = "org-of-yours"
admin_key = "env:ANTHROPIC_ADMIN_KEY"
""",
        ),
        "rate-card": Starter(
            "Own hardware, or GPUs under contract: a table of what they cost",
            "price-owned-hardware",
            """\
kind = "rate_card"
location = "exports/rate-card"
provider = "Data hall"                  # whom it is paid to, or who owns it
""",
        ),
        "focus": Starter(
            "Any other bill: FOCUS files that a manifest.json names",
            "collect-a-focus-export",
            """\
kind = "focus"
layout = "manifest"
location = "exports/focus"
""",
        ),
        "prometheus": Starter(
            "GPU telemetry and pods: dcgm-exporter and kube-state-metrics in Prometheus",
            "collect-gpu-telemetry",
            """\
kind = "prometheus"
url = "http://localhost:9090"
# bearer_token = "env:PROMETHEUS_TOKEN"
""",
        ),
        "slurm": Starter(
            "Jobs: Slurm accounting, what sacct prints",
            "account-for-jobs",
            """\
kind = "slurm"
location = "exports/slurm"
# time_zone = "Europe/Berlin"           # of the cluster's clock, if it is not UTC
""",
        ),
        "litellm": Starter(
            "Model calls: LiteLLM's payload log",
            "collect-a-request-log",
            """\
kind = "litellm"                        # "litellm_database" for its PostgreSQL table
location = "exports/litellm"
# hmac_key = "env:LOG_HMAC_KEY"         # to find repeated prompts without keeping one
""",
        ),
        "spans": Starter(
            "Model calls: OpenTelemetry GenAI spans, as a collector wrote them",
            "collect-spans",
            """\
kind = "otel_genai"
location = "exports/spans"
# attributes = { gateway_team = "team.name" }   # our column = your attribute
""",
        ),
        "bedrock": Starter(
            "Model calls: Amazon Bedrock's invocation log",
            "collect-bedrock-invocations",
            """\
kind = "bedrock_invocations"
location = "exports/bedrock"
accounts = ["123456789012"]
regions = ["us-east-1"]
""",
        ),
        "langfuse": Starter(
            "Model calls: Langfuse's export of observations",
            "collect-langfuse-or-helicone",
            """\
kind = "langfuse"
location = "exports/langfuse"
prefixes = ["observations_v2/%Y-%m-%d"] # how the keys of a day begin
""",
        ),
        "helicone": Starter(
            "Model calls: Helicone's export of requests",
            "collect-langfuse-or-helicone",
            """\
kind = "helicone"
location = "exports/helicone"
prefixes = ["requests-%Y-%m-%d"]
cached_tokens = "inside"                # are cached tokens a part of the input ("inside") or not?
""",
        ),
        "request-log": Starter(
            "Model calls: a log of your own, CSV or JSON lines",
            "map-a-request-log",
            """\
kind = "request_log"
location = "exports/request-log"
cached_tokens = "inside"                # are cached tokens a part of the input ("inside") or not?

[sources.columns]                       # our column = yours
started_at = "started_at"
request_id = "request_id"
gen_ai_request_model = "model"
input_tokens = "input_tokens"
output_tokens = "output_tokens"
gateway_team = "team"

[sources.constants]
gen_ai_provider_name = "openai"
""",
        ),
    }
)
