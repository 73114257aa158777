"""Spans of model calls as OpenTelemetry's collector writes them."""

from ingest.sources.otel_genai.source import OtelGenAiSource, OtelOptions

__all__ = ["OtelGenAiSource", "OtelOptions"]
