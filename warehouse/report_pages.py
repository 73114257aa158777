"""The pages of the report and what stands on each.

A new section is a line here, a template of its name in `templates/sections`, and its queries.
"""

from typing import NamedTuple


class Page(NamedTuple):
    """One file of the report.

    Attributes:
        name: the file's name without `.html`.
        title: what the navigation calls it.
        sections: anchor and title of each section, in order; an anchor stands on one page only.
    """

    name: str
    title: str
    sections: tuple[tuple[str, str], ...]

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.name}.html"


PAGES = (
    Page("index", "Overview", (("overview", "At a glance"), ("movers", "What moved"))),
    Page(
        "forecast",
        "Forecast and budgets",
        (
            ("forecast", "What is to come"),
            ("budgets", "Budgets"),
            ("anomalies", "Days that were not as expected"),
        ),
    ),
    Page("teams", "Teams", (("teams", "Cost by team"),)),
    Page("models", "Models", (("models", "Cost by model"), ("model-apis", "Model APIs"))),
    Page(
        "gpus",
        "GPUs and deployments",
        (("gpus", "GPUs: held, busy, idle"), ("deployments", "Deployments")),
    ),
    Page(
        "requests",
        "Queries",
        (
            ("requests", "Most expensive queries"),
            ("distribution", "What a query costs"),
        ),
    ),
    Page("jobs", "Jobs", (("jobs", "Training, batch and development jobs"),)),
    Page(
        "unit-costs",
        "Unit costs",
        (("unit-costs", "What a unit costs"), ("total-costs", "Total cost of ownership")),
    ),
    Page(
        "opportunities",
        "Savings",
        (
            ("opportunities", "What could be saved"),
            ("waterfall", "One lever after another"),
            ("commitments", "What to commit to"),
            ("breakeven", "Owning GPUs against renting them"),
            ("benchmarks", "Beside what others published"),
        ),
    ),
    Page("energy", "Energy and carbon", (("energy", "Energy and carbon"),)),
    Page(
        "reconciliation",
        "Reconciliation",
        (
            ("reconciliation", "Delivered against attributed"),
            ("conversions", "Converted currencies"),
            ("restated", "Restated periods"),
            ("charges", "Largest bill lines"),
        ),
    ),
    Page(
        "quality",
        "Data quality",
        (("quality", "Checked, refused, delivered"), ("missing", "What is missing")),
    ),
    Page("reading", "How to read this", (("reading", "Terms, rounding, queries"),)),
)
SECTIONS = tuple(section for page in PAGES for section in page.sections)
PAGE_OF = {anchor: page.file for page in PAGES for anchor, _ in page.sections}
"""The file on which a section stands."""
