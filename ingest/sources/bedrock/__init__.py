"""The log of a Bedrock account's model invocations."""

from ingest.sources.bedrock.source import BedrockInvocationsSource, BedrockOptions

__all__ = ["BedrockInvocationsSource", "BedrockOptions"]
