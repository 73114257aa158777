"""What no bill of the sample company says: electricity by the hour, its hall, its people, value."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from apportion.sample import accounts
from apportion.sample.calendar import Calendar

Row = Mapping[str, object]
HALL = str(accounts.BILLING["onprem"]["service_provider_name"])
HALL_REGION = str(accounts.BILLING["onprem"]["region_id"])
CENT = Decimal("0.0001")
EUROCENTS = (
    *(17, 16, 15, 15, 16, 18, 22, 27, 28, 25, 21, 18),
    *(16, 15, 16, 19, 23, 28, 32, 33, 29, 25, 22, 19),
)
"""The hall's contract by hour (UTC): dear in the evening, cheap at night and at noon."""
GRAMS = {
    HALL: (
        *(395, 390, 385, 385, 390, 400, 390, 350, 300, 255, 225, 205),
        *(200, 205, 225, 265, 320, 375, 415, 430, 430, 425, 415, 405),
    ),
    "AWS": (
        *(395, 390, 388, 386, 385, 386, 390, 396, 402, 405, 404, 398),
        *(390, 382, 376, 372, 370, 372, 378, 390, 404, 412, 410, 402),
    ),
    "Google Cloud": (
        *(445, 430, 415, 405, 400, 402, 415, 435, 455, 465, 468, 465),
        *(455, 440, 428, 420, 416, 418, 430, 450, 472, 480, 474, 460),
    ),
}
"""Grams of CO2 a kWh by hour (UTC): much sun, hardly any, and wind at night."""
WEEK = timedelta(days=7)


def energy_hours(calendar: Calendar) -> Iterable[Row]:
    """What electricity costs and emits by the hour, with what was forecast, a week before too."""
    first = calendar.first_day - WEEK
    for day in (first + timedelta(days=n) for n in range(calendar.days + WEEK.days)):
        for provider, grams in GRAMS.items():
            for hour in range(len(grams)):
                yield _energy_hour(provider, day, hour)


def _energy_hour(provider: str, day: date, hour: int) -> Row:
    """Weekends are a fifth below working days; what comes is up to 6 % off the forecast."""
    share = Decimal("0.8") if day.weekday() > 4 else Decimal(1)  # noqa: PLR2004 - Saturday
    error = 1 + Decimal((day.toordinal() * 7 + hour * 5) % 13 - 6) / 100
    grams = GRAMS[provider][hour] * share
    price = EUROCENTS[hour] * share / 100
    prices = {
        "energy_price_per_kwh": (price * error).quantize(CENT),
        "forecast_price_per_kwh": price.quantize(CENT),
        "currency": "EUR",
    }
    return {
        "provider": provider,
        "region_id": "*",
        "hour_of_day": hour,
        **(prices if provider == HALL else {}),
        "energy_grams_per_kwh": (grams * error).quantize(CENT),
        "forecast_grams_per_kwh": grams.quantize(CENT),
        "hour_source": "contract of the hall, grid operator, day ahead",
        "valid_from": day,
        "valid_to": day + timedelta(days=1),
    }


def job_slack() -> Iterable[Row]:
    """What may wait beside training: labels and catalogues are needed the next morning."""
    for job_name, hours in (("log-labelling-*", 10), ("catalog-embed-*", 8)):
        yield {"job_name": job_name, "slack_hours": hours, "slack_source": "data-platform, 2026-09"}


def facility_energy(calendar: Calendar) -> Iterable[Row]:
    """Two meters of the hall, read at the turn of each month; its rate card has the energy."""
    month = calendar.first_day.replace(day=1)
    while month <= calendar.day(calendar.days - 1):
        following = (month + timedelta(days=31)).replace(day=1)
        yield {
            "provider": HALL,
            "region_id": HALL_REGION,
            "facility_kwh": 21_600,
            "it_kwh": 16_000,
            "price_per_kwh": "0.2215",
            "currency": "EUR",
            "on_bill": "yes",
            "meter_source": f"meters read on {following}",
            "valid_from": month,
            "valid_to": following,
        }
        month = following


def cooling_offers() -> Iterable[Row]:
    """An offer to cool the hall's machines with liquid."""
    yield {
        "provider": HALL,
        "region_id": HALL_REGION,
        "technique": "direct liquid cooling",
        "pue": "1.12",
        "one_off_cost": 38_000,
        "life_months": 96,
        "currency": "EUR",
        "offer_source": "offer of 2026-06",
        "valid_from": date(2026, 6, 1),
    }


def owned_hardware() -> Iterable[Row]:
    """The register: two nodes that the rate card bills, and a network that nobody bills."""
    for item, node, price, gpus, since, months, on_bill in (
        ("DGX A100 1", "hpc-gpu-01", 178_000, 8, date(2023, 1, 1), 48, "yes"),
        ("DGX A100 2", "hpc-gpu-02", 178_000, 8, date(2024, 7, 1), 48, "yes"),
        ("InfiniBand of the hall", "", 64_000, "", date(2024, 7, 1), 60, "no"),
    ):
        yield {
            "item": item,
            "node": node,
            "provider": HALL,
            "region_id": HALL_REGION,
            "purchase_price": price,
            "residual_value": price // 10,
            "gpu_count": gpus,
            "life_months": months,
            "currency": "EUR",
            "on_bill": on_bill,
            "purchase_source": "fixed assets, 2026-09",
            "valid_from": since,
        }


def loaded_rates() -> Iterable[Row]:
    """People, rooms and tools that the company pays beside its bills."""
    for item, kind, team, amount, heads, currency in (
        ("platform engineers", "staff", "ml-platform", 54_000, 3, "USD"),
        ("machine learning operations", "staff", "", 38_000, 2, "USD"),
        ("cross connects of the hall", "hosting", "", 1_800, "", "EUR"),
        ("experiment tracking", "tooling", "", 6_500, "", "USD"),
    ):
        yield {
            "item": item,
            "loaded_cost_type": kind,
            "team": team,
            "monthly_amount": amount,
            "head_count": heads,
            "currency": currency,
            "rate_source": "budget of 2026",
        }


def tooling_services() -> Iterable[Row]:
    """What the clouds bill for looking at things."""
    for provider, service in (
        ("AWS", "Amazon CloudWatch"),
        ("Microsoft", "Log Analytics"),
        ("Google Cloud", "Cloud Logging"),
    ):
        yield {"provider": provider, "service_name": service}


def value_rates() -> Iterable[Row]:
    """What teams say that an answered request is worth."""
    for scope, name, value in (
        ("team", "search", "6.50"),
        ("team", "fraud", "12.00"),
        ("team", "support-assistant", "21.00"),
    ):
        yield {
            "scope": scope,
            "scope_name": name,
            "value_per_request": value,
            "currency": "USD",
            "value_source": "product controlling, 2026-09",
        }
