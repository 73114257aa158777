"""Azure Cost Management exports of actual and amortized cost, as charges."""

from ingest.sources.azure.source import AzureCostSource

__all__ = ["AzureCostSource"]
