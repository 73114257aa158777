"""Cost reports of Oracle Cloud as charges."""

from ingest.sources.oci.source import OciCostReportSource

__all__ = ["OciCostReportSource"]
