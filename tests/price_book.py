"""The price book of genai-prices, which the recorded prices were calculated from."""

import gzip
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.pricing import Prices

MILLION = Decimal(10) ** 6
TYPES = {
    "input_mtok": "input",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_creation",
    "input_audio_mtok": "input_audio",
    "cache_audio_read_mtok": "cache_read_audio",
    "output_mtok": "output",
    "output_audio_mtok": "output_audio",
}


class Book:
    """The book as it is in force on a day; numbers are never floats."""

    def __init__(self, path: Path, day: str) -> None:
        text = gzip.decompress(path.read_bytes())
        providers = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        self._providers = {provider["id"]: provider for provider in providers}
        self._day = day

    def model(self, provider: str, name: str) -> Mapping[str, Any] | None:
        """The entry of a model, under its own name, by a rule, or with another provider."""
        listed = self._providers.get(provider, {"models": ()})
        for model in listed["models"]:
            if model["id"] == name or _matches(model.get("match"), name.lower()):
                return dict(model)
        others = listed.get("fallback_model_providers", ())
        return next((found for o in others if (found := self.model(o, name))), None)

    def prices(self, model: Mapping[str, Any]) -> Prices:
        """Prices per token on the day; of those by the time of day, the one of the night."""
        listed = model["prices"]
        for entry in listed if isinstance(listed, list) else [{"prices": listed}]:
            constraint = entry.get("constraint", {})
            if "start_time" not in constraint and constraint.get("start_date", "") <= self._day:
                chosen = entry["prices"]
        found = {}
        for name, price in chosen.items():
            if name in TYPES:
                steps = price if isinstance(price, dict) else {"base": price, "tiers": ()}
                found[TYPES[name], 0] = steps["base"] / MILLION
                for step in steps["tiers"]:
                    found[TYPES[name], int(step["start"])] = step["price"] / MILLION
        return found


def _matches(rule: Mapping[str, Any] | None, name: str) -> bool:
    ((how, what),) = (rule or {"or": ()}).items()
    if how in {"or", "and"}:
        return (any if how == "or" else all)(_matches(part, name) for part in what)
    if how == "regex":
        return re.search(what, name) is not None
    what = what.lower()
    return {
        "equals": name == what,
        "starts_with": name.startswith(what),
        "ends_with": name.endswith(what),
        "contains": what in name,
    }[how]
