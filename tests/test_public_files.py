"""Each file of the public data is read by a test; which one, stands here."""

from fnmatch import fnmatch
from pathlib import Path

import pytest

pytestmark = pytest.mark.data
ROOT = Path(__file__).parents[1]
ARE_NO_DATA = ("README.md", "NOTICE.md")
READ_BY = {
    "billing/anthropic/cost_report.json": "tests/ingest/test_vendor_costs.py",
    "billing/anthropic/usage_report_messages.json": "tests/ingest/test_vendor_usage.py",
    "billing/aws-*": "tests/ingest/test_aws_data.py",
    "billing/azure-native/*.csv": "tests/ingest/test_azure_data.py",
    "billing/azure-native/*.json": "tests/test_public_references.py",
    "billing/azure-reference/[PR]*.csv": "tests/ingest/test_azure_data.py",
    "billing/azure-reference/Services.csv": "tests/test_public_references.py",
    "billing/focus-*cost_and_usage.csv.gz": "tests/ingest/test_focus_data.py",
    "billing/focus-1.0/*": "tests/ingest/test_focus_data.py",
    "billing/focus-1.3/consolidated*": "tests/ingest/test_focus_data.py",
    "billing/focus-1.3/scenario*": "tests/ingest/test_focus_data.py",
    "billing/focus-1.3/*contract*": "tests/ingest/test_focus_datasets.py",
    "billing/focus-1.4/aws/[bi]*": "tests/ingest/test_focus_datasets.py",
    "billing/gcp-cud-attribution/*": "tests/test_commitments.py",
    "billing/gcp-detailed/*": "tests/ingest/test_gcp_data.py",
    "billing/oci/*": "tests/ingest/test_focus_data.py",
    "billing/openai/organization_costs.json": "tests/ingest/test_vendor_costs.py",
    "billing/openai/organization_usage_*": "tests/ingest/test_vendor_usage.py",
    "gpu/acme/cluster_summary.csv.gz": "tests/ingest/test_public_tables.py",
    "gpu/acme/dcgm_metric_cdfs.csv.gz": "tests/test_public_references.py",
    "gpu/alibaba-genai-2026/*": "tests/ingest/test_telemetry_csv.py",
    "gpu/alibaba-gpu-v2023/*": "tests/ingest/test_public_tables.py",
    "gpu/alibaba-spot-2026/*": "tests/test_public_references.py",
    "gpu/dcgm-exporter/*.csv.gz": "tests/ingest/test_public_tables.py",
    "gpu/dcgm-exporter/*.txt.gz": "tests/ingest/test_prometheus_dump.py",
    "gpu/helios-earth/*": "tests/ingest/test_telemetry_csv.py",
    "gpu/nvidia-smi-captures/*.metrics.gz": "tests/ingest/test_prometheus_dump.py",
    "gpu/nvidia-smi-captures/*.txt.gz": "tests/ingest/test_nvidia_smi.py",
    "gpu/philly/*": "tests/ingest/test_telemetry_csv.py",
    "gpu/slurm-*": "tests/ingest/test_slurm.py",
    "gpu/zeus-power/*": "tests/test_public_references.py",
    "inference/alibaba-genai-2026/*_anon.csv.gz": "tests/ingest/test_telemetry_csv.py",
    "inference/alibaba-genai-2026/qps.csv.gz": "tests/ingest/test_telemetry_csv.py",
    "inference/alibaba-genai-2026/lora_request_trace*": "tests/ingest/test_request_log.py",
    "inference/alibaba-genai-2026/data_trace_processed*": "tests/ingest/test_public_tables.py",
    "inference/azure-llm-2023/*": "tests/ingest/test_request_log.py",
    "inference/bedrock-invocation-log/*": "tests/ingest/test_bedrock.py",
    "inference/cost-models/distserve*": "tests/test_public_references.py",
    "inference/cost-models/vidur*": "tests/ingest/test_public_tables.py",
    "inference/langfuse-traces/*": "tests/ingest/test_langfuse.py",
    "inference/litellm/*": "tests/ingest/test_litellm.py",
    "inference/mooncake-fast25/*": "tests/ingest/test_request_log.py",
    "inference/openinference-spans/*": "tests/ingest/test_otel_genai.py",
    "inference/provider-usage-objects/*": "tests/ingest/test_usage.py",
    "inference/servegen/*": "tests/test_public_references.py",
    "inference/vllm-bench/*/meta.json.gz": "tests/test_public_references.py",
    "inference/vllm-bench/*/requests.jsonl.gz": "tests/ingest/test_request_log.py",
    "inference/vllm-bench/*/timeseries.csv.gz": "tests/ingest/test_telemetry_csv.py",
    "inference/vtc-fairness/*results*": "tests/ingest/test_request_log.py",
    "inference/vtc-fairness/cost_profile.json.gz": "tests/test_public_references.py",
    "prices/*.csv": "tests/ingest/test_public_tables.py",
    "prices/*.csv.gz": "tests/ingest/test_public_tables.py",
    "prices/*.json": "tests/ingest/test_public_tables.py",
    "prices/*.json.gz": "tests/ingest/test_public_tables.py",
    "prices/*.log.gz": "tests/ingest/test_public_tables.py",
}


def test_every_file_of_the_public_data_is_read_by_a_test(sample_data: Path) -> None:
    """A file that is new here needs a test, and then a line in the table above."""
    files = [
        str(path.relative_to(sample_data))
        for path in sorted(sample_data.rglob("*"))
        if path.is_file() and path.name not in ARE_NO_DATA
    ]
    assert [file for file in files if not any(fnmatch(file, name) for name in READ_BY)] == []
    assert [name for name in READ_BY if not any(fnmatch(file, name) for file in files)] == []


@pytest.mark.parametrize("module", sorted(set(READ_BY.values())))
def test_the_tests_that_are_named_read_that_data(module: str) -> None:
    text = (ROOT / module).read_text(encoding="utf-8")
    assert "sample_data" in text or "SAMPLE_DATA" in text
