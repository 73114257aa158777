"""A vendor's usage object as counts of the classes of tokens that are priced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ingest.usage.tiers import service_tier


class UsageError(ValueError):
    """A usage object cannot be counted; the message names the field and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Member:
    """The members of a list whose `field` says one of `values`; their counts add up."""

    field: str
    values: tuple[str, ...]


Step = str | Member
Path = tuple[Step, ...]
"""The way to a number: keys of objects, and members of lists."""

Places = tuple[Path, ...]
"""Where a number may stand; the first place that holds something counts."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a vendor counts: a field of `Usage` is the sum of what stands in its places.

    `root` is the way to the usage object in the body of an answer.
    """

    root: Path
    counts: Mapping[str, tuple[Places, ...]]
    tier: Places = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Counts of one model call; None where the vendor does not tell.

    `input_tokens` are all input tokens, cached ones and those written to a cache included;
    `output_tokens` all output tokens, reasoning included. `cache_creation_1h_input_tokens` are part
    of `cache_creation_input_tokens`, which live five minutes otherwise. Audio and image tokens are
    part of input and output, `cache_read_audio_input_tokens` of both what was read from a cache
    and the audio input. `search_requests` are searches that are billed by the piece.
    """

    input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation_1h_input_tokens: int | None = None
    input_audio_tokens: int | None = None
    cache_read_audio_input_tokens: int | None = None
    input_image_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_output_tokens: int | None = None
    output_audio_tokens: int | None = None
    output_image_tokens: int | None = None
    search_requests: int | None = None
    service_tier: str | None = None


PARTS: Mapping[str, tuple[str, ...]] = {
    "input_tokens": ("cache_read_input_tokens", "cache_creation_input_tokens"),
    "output_tokens": ("reasoning_output_tokens", "output_audio_tokens"),
    "cache_creation_input_tokens": ("cache_creation_1h_input_tokens",),
    "cache_read_input_tokens": ("cache_read_audio_input_tokens",),
    "input_audio_tokens": ("cache_read_audio_input_tokens",),
}
"""What each count is made of, among others: the parts never add up to more than the whole."""


def canonical_usage(rule: Rule, body: Mapping[str, Any]) -> Usage:
    """Count what a call used.

    Args:
        rule: how the vendor counts (`ingest.usage.RULES`).
        body: the answer's body, or the part of it that holds the usage object at `rule.root`.

    Raises:
        UsageError: a count is negative or no whole number, or parts exceed their whole.
    """
    usage = first_of(body, (rule.root,)) if rule.root else body
    if not isinstance(usage, Mapping):
        raise UsageError(f"there is no usage object at {path_name(rule.root)}")
    counts = {name: _sum(usage, terms) for name, terms in rule.counts.items()}
    tier = first_of(usage, rule.tier)
    found = Usage(**counts, service_tier=service_tier(tier if isinstance(tier, str) else None))
    _check(found)
    return found


def first_of(value: Any, places: Places) -> Any:
    """What stands in the first place that holds something other than null or empty text."""
    for path in places:
        found = _at(value, path)
        if found is not None and found != "":
            return found
    return None


def _at(value: Any, path: Sequence[Step]) -> Any:
    for number, step in enumerate(path):
        if isinstance(step, Member):
            return _members(value, step, path[number + 1 :])
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _members(value: Any, member: Member, rest: Sequence[Step]) -> Any:
    if not isinstance(value, list):
        return None
    told = (m for m in value if isinstance(m, Mapping) and m.get(member.field) in member.values)
    counts = [count for m in told if (count := _at(m, rest)) is not None]
    return sum(map(_count, counts)) if counts else None


def _sum(usage: Mapping[str, Any], terms: tuple[Places, ...]) -> int | None:
    found = [count for term in terms if (count := first_of(usage, term)) is not None]
    try:
        return sum(map(_count, found)) if found else None
    except UsageError as error:
        raise UsageError(f"{path_name(terms[0][0])}: {error}") from None


def _count(value: Any) -> int:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, float) and value.is_integer():
        is_whole, value = True, int(value)
    if not is_whole or value < 0:
        raise UsageError(f"{value!r} is not a number of tokens")
    return int(value)


def _check(usage: Usage) -> None:
    counts = {f.name: getattr(usage, f.name) or 0 for f in fields(usage) if f.type != "str | None"}
    for whole, parts in PARTS.items():
        if sum(counts[part] for part in parts) > counts[whole]:
            raise UsageError(f"{' and '.join(parts)} exceed {whole} ({counts[whole]})")


def path_name(path: Path) -> str:
    """The name of a place: its keys between dots, and what a member of a list is told by."""
    return ".".join(step if isinstance(step, str) else step.values[0] for step in path)
