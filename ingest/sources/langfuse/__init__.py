"""Observations that Langfuse exports."""

from ingest.sources.langfuse.source import LangfuseOptions, LangfuseSource

__all__ = ["LangfuseOptions", "LangfuseSource"]
