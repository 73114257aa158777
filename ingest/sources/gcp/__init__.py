"""Google Cloud Billing exports, from files or from BigQuery, as charges."""

from ingest.sources.gcp.source import GcpBillingSource

__all__ = ["GcpBillingSource"]
