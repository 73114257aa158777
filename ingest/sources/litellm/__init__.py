"""The log of a LiteLLM gateway: one record a model call, read without prompts and answers."""

from ingest.sources.litellm.source import LiteLlmOptions, LiteLlmSource

__all__ = ["LiteLlmOptions", "LiteLlmSource"]
