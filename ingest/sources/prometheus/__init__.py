"""Raw samples from the HTTP API of a Prometheus server."""

from ingest.sources.prometheus.source import PrometheusOptions, PrometheusSource

__all__ = ["PrometheusOptions", "PrometheusSource"]
