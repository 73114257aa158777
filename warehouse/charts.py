"""Charts as inline SVG: no script, sharp in print, coloured by the page's own style sheet.

Every chart is drawn twice, for wide and for narrow screens, because text in a scaled drawing gets
too small to read; the style sheet shows one of them. Colours are custom properties of the page, so
light and dark mode need no second drawing. Amounts become floats here and only here: they are
lengths of bars, and the exact figures stand in the table below each chart.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

from markupsafe import Markup

SVG = "http://www.w3.org/2000/svg"
WIDE, NARROW = (800, 250), (300, 210)
ET.register_namespace("", SVG)


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a day's stacked bar; `series` is its place in the stack, from 0 at the bottom."""

    day: date
    series: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Bound:
    """The range in which a day's value is expected."""

    day: date
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Chart:
    """The same chart for wide and for narrow screens."""

    wide: Markup
    narrow: Markup


def stacked_days(
    bars: Sequence[Bar],
    colors: Sequence[str],
    bounds: Sequence[Bound] = (),
    *,
    name: str,
    title: str,
    description: str,
) -> Chart:
    """Draw a stacked bar per day.

    Args:
        bars: the parts; negative ones hang below zero.
        colors: a custom property of the style sheet per series, such as `--series-1`.
        bounds: ranges, drawn as thin lines over the bars.
        name: unique in the page, made of letters, digits and `-`.
        title: what the chart shows.
        description: the same for those who cannot see it; the figures follow in a table.
    """
    return Chart(
        *(
            _inline(_draw(bars, colors, bounds, size), f"{name}-{kind}", title, description)
            for kind, size in (("wide", WIDE), ("narrow", NARROW))
        )
    )


def _draw(
    bars: Sequence[Bar], colors: Sequence[str], bounds: Sequence[Bound], size: tuple[int, int]
) -> str:
    """Lay the chart out and return it as an SVG document."""
    import altair as alt

    chart = (
        alt.layer(*_bars(bars, colors, size), *_ranges(bounds))
        .properties(background="transparent", width=size[0], height=size[1])
        .configure_view(stroke=None)
        .configure_axis(
            aria=False,
            domain=False,
            ticks=False,
            gridColor="var(--line)",
            labelColor="var(--muted)",
            labelFontSize=12,
            labelPadding=8,
            labelFlush=False,
        )
    )
    document = io.StringIO()
    chart.save(document, format="svg")
    return document.getvalue()


def _bars(bars: Sequence[Bar], colors: Sequence[str], size: tuple[int, int]) -> list[Any]:
    """The stacked bars and both axes."""
    import altair as alt

    values = [
        {"day": _instant(bar.day), "series": bar.series, "value": float(bar.value)} for bar in bars
    ]
    first, last = min(bar.day for bar in bars), max(bar.day for bar in bars)
    day_count = (last - first).days + 1
    step = -(-day_count // (10 if size is WIDE else 5))
    labelled = [first + timedelta(days=days) for days in range(0, day_count, step)]
    layer = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar(aria=False, width=alt.RelativeBandSize(0.82))
        .encode(
            x=alt.X(
                "utcyearmonthdate(day):T",
                axis=alt.Axis(
                    title=None,
                    format="%-d %b",
                    grid=False,
                    values=[
                        alt.DateTime(year=day.year, month=day.month, date=day.day, utc=True)
                        for day in labelled
                    ],
                    labelOffset=size[0] / day_count / 2,
                ),
            ),
            y=alt.Y(
                "sum(value):Q",
                axis=alt.Axis(title=None, labelExpr="format(datum.value, '~s')", tickCount=5),
            ),
            color=alt.Color(
                "series:O",
                legend=None,
                scale=alt.Scale(
                    domain=list(range(len(colors))), range=[f"var({color})" for color in colors]
                ),
            ),
            order=alt.Order("series:Q"),
        )
    )
    return [layer]


def _ranges(bounds: Sequence[Bound]) -> list[Any]:
    """A line from low to high over each day that has a range."""
    import altair as alt

    values = [
        {"day": _instant(bound.day), "low": float(bound.low), "high": float(bound.high)}
        for bound in bounds
    ]
    layer = (
        alt.Chart(alt.InlineData(values=values))
        .mark_rule(aria=False, color="var(--muted)", strokeWidth=1.5)
        .encode(
            x=alt.X("utcyearmonthdate(day):T", bandPosition=0.5),
            y=alt.Y("low:Q"),
            y2=alt.Y2("high:Q"),
        )
    )
    return [layer] if bounds else []


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _inline(document: str, name: str, title: str, description: str) -> Markup:
    """Make a drawing a part of the page: it scales, has a name of its own, and says what it is."""
    svg = ET.fromstring(document)  # noqa: S314 - drawn here, from numbers and dates
    for element in svg.iter():
        for key, value in list(element.attrib.items()):
            _adapt(element, key, value, name)
    for key in ("width", "height", "class"):
        svg.attrib.pop(key, None)
    svg.set("role", "img")
    svg.set("aria-labelledby", f"{name}-title {name}-description")
    for tag, text in (("desc", description), ("title", title)):
        label = ET.Element(
            f"{{{SVG}}}{tag}", {"id": f"{name}-{'description' if tag == 'desc' else tag}"}
        )
        label.text = text
        svg.insert(0, label)
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704 - serialised by the parser


def _adapt(element: Any, key: str, value: str, name: str) -> None:
    """Drop what the page's rules replace, and keep the ids of several drawings apart."""
    if key in {"style", "font-family", "role", "aria-roledescription", "pointer-events"}:
        del element.attrib[key]
    elif key == "id":
        element.set(key, f"{name}-{value}")
    elif "url(#" in value:
        element.set(key, re.sub(r"url\(#", f"url(#{name}-", value))
