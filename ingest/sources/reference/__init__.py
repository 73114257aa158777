"""The tables that a company edits: teams, owners, deployments, prices, policies."""

from ingest.sources.reference.source import ReferenceSource

__all__ = ["ReferenceSource"]
