"""Rate cards of owned and contracted hardware, as charges."""

from ingest.sources.rate_card.source import RateCardSource

__all__ = ["RateCardSource"]
