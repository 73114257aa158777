"""The JSON Schema of `apportion.toml`, from the models that validate it."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from apportion.settings import Settings
from ingest.registry import KINDS, options_of

DRAFT = "https://json-schema.org/draft/2020-12/schema"
REFERENCE = "#/$defs/"


def json_schema() -> dict[str, Any]:
    """Every section and, kind by kind, every key of a source, with its description and default."""
    options = {kind: options_of(kind) for kind in sorted(KINDS)}
    models: list[type[BaseModel]] = [Settings, *options.values()]
    mode: JsonSchemaMode = "validation"
    names, shared = models_json_schema([(model, mode) for model in models])
    definitions = shared["$defs"]
    defined = {model: names[model, mode]["$ref"].removeprefix(REFERENCE) for model in models}

    schema = definitions.pop(defined[Settings])
    for internal in ("home", "directory"):
        del schema["properties"][internal]
    source = definitions.pop("SourceSettings")
    definitions |= {
        f"source {kind}": _source_of_kind(kind, source, definitions[defined[model]])
        for kind, model in options.items()
    }
    for name in {defined[model] for model in options.values()}:
        del definitions[name]
    schema["properties"]["sources"]["items"] = {
        "oneOf": [{"$ref": f"{REFERENCE}source {kind}"} for kind in options]
    }
    return {"$schema": DRAFT, **schema, "title": "apportion.toml", "$defs": definitions}


def _source_of_kind(kind: str, source: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """The keys that every source has, and those of its kind."""
    own = source["properties"] | {"kind": {"const": kind}}
    return {
        **options,
        "title": kind,
        "properties": own | options["properties"],
        "required": [*source["required"], *options.get("required", ())],
    }
