"""The kinds of source, and how a configured source is opened.

A kind is named by `module:class` and imported when it is first used, so that a run loads only what
its configuration names.
"""

import difflib
import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, Self, cast

from pydantic import BaseModel, ValidationError

from apportion.errors import ConfigError
from apportion.settings import Settings, SourceSettings
from ingest.source import Source


class SourceClass(Protocol):
    """What a kind's class offers beyond the methods of a source."""

    options_model: ClassVar[type[BaseModel]]
    """The keys of a source of this kind, each with its description."""

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], directory: Path) -> Self:
        """Validate the options (a pydantic model that forbids unknown keys) and contact nothing."""
        ...


KINDS: Mapping[str, str] = MappingProxyType(
    {
        "anthropic_costs": "ingest.sources.vendor_costs:AnthropicCostsSource",
        "anthropic_usage": "ingest.sources.vendor_costs:AnthropicUsageSource",
        "aws_cur": "ingest.sources.aws:AwsCurSource",
        "azure_cost": "ingest.sources.azure:AzureCostSource",
        "bedrock_invocations": "ingest.sources.bedrock:BedrockInvocationsSource",
        "focus": "ingest.sources.focus:FocusSource",
        "helicone": "ingest.sources.helicone:HeliconeSource",
        "langfuse": "ingest.sources.langfuse:LangfuseSource",
        "gcp_billing": "ingest.sources.gcp:GcpBillingSource",
        "litellm": "ingest.sources.litellm:LiteLlmSource",
        "litellm_database": "ingest.sources.litellm.database:LiteLlmDatabaseSource",
        "nvidia_smi": "ingest.sources.nvidia_smi:NvidiaSmiSource",
        "oci_cost_report": "ingest.sources.oci:OciCostReportSource",
        "openai_costs": "ingest.sources.vendor_costs:OpenAiCostsSource",
        "openai_usage": "ingest.sources.vendor_costs:OpenAiUsageSource",
        "otel_genai": "ingest.sources.otel_genai:OtelGenAiSource",
        "prometheus": "ingest.sources.prometheus:PrometheusSource",
        "prometheus_dump": "ingest.sources.prometheus_dump:PrometheusDumpSource",
        "rate_card": "ingest.sources.rate_card:RateCardSource",
        "reference": "ingest.sources.reference:ReferenceSource",
        "request_log": "ingest.sources.request_log:RequestLogSource",
        "sglang": "ingest.sources.sglang:SglangSource",
        "slurm": "ingest.sources.slurm:SlurmSource",
        "telemetry_csv": "ingest.sources.telemetry_csv:TelemetryCsvSource",
    }
)


def find_source(settings: Settings, name: str) -> SourceSettings:
    """The configured source of that name.

    Raises:
        ConfigError: no source of that name is configured.
    """
    for source in settings.sources:
        if source.name == name:
            return source
    names = [source.name for source in settings.sources]
    raise ConfigError(
        "SOURCE_UNKNOWN",
        f'source "{name}" is not configured{suggestion(name, names)}. Nothing was collected. '
        f"Configured are: {', '.join(names)}.",
    )


def options_of(kind: str) -> type[BaseModel]:
    """The options of a kind of source that is in `KINDS`."""
    return _class_of(kind).options_model


def open_source(settings: Settings, name: str) -> Source:
    """Open a configured source; nothing is contacted.

    Raises:
        ConfigError: the source or its kind is unknown, or an option is wrong.
    """
    configured = find_source(settings, name)
    source_class = _load(configured)
    try:
        source = source_class.from_options(name, configured.options, settings.directory)
    except ValidationError as error:
        raise ConfigError(
            "SOURCE_INVALID",
            f'source "{name}" (kind {configured.kind}): {_explain(error, source_class)}. Nothing '
            "was collected. Correct the source in the configuration.",
        ) from None
    return cast(Source, source)


def suggestion(name: str, known: Iterable[str]) -> str:
    """A hint in parentheses at the nearest known name; empty if none is near."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _load(configured: SourceSettings) -> type[SourceClass]:
    if configured.kind not in KINDS:
        raise ConfigError(
            "SOURCE_KIND_UNKNOWN",
            f'source "{configured.name}": there is no kind "{configured.kind}"'
            f"{suggestion(configured.kind, KINDS)}. Nothing was collected. Kinds are: "
            f"{', '.join(KINDS)}.",
        )
    return _class_of(configured.kind)


def _class_of(kind: str) -> type[SourceClass]:
    module, _, class_name = KINDS[kind].partition(":")
    return cast(type[SourceClass], getattr(importlib.import_module(module), class_name))


def _explain(error: ValidationError, source_class: type[SourceClass]) -> str:
    """Each wrong key, why, and the nearest valid key of the options model that refused it."""
    model = getattr(importlib.import_module(source_class.__module__), error.title, BaseModel)
    problems = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            problems.append(f'unknown key "{key}"{suggestion(key, model.model_fields)}')
        else:
            problems.append(f'"{key}": {problem["msg"]}' if key else problem["msg"])
    return "; ".join(problems)
