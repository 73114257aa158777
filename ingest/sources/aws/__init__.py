"""Cost and usage reports of AWS, CUR 2.0 and legacy, as charges."""

from ingest.sources.aws.source import AwsCurSource

__all__ = ["AwsCurSource"]
