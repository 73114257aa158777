"""The sample company, written to disk: exports, reference tables, configuration and the truth."""

from pathlib import Path

import duckdb
import polars as pl

from apportion.errors import ConfigError
from apportion.sample.bills import CLOUDS, Charges, write_bills
from apportion.sample.calendar import HOUR_US, Calendar
from apportion.sample.call_logs import HMAC_KEY, CallLogs
from apportion.sample.campaigns import add_campaigns
from apportion.sample.configuration import write_configuration
from apportion.sample.fleet import build_fleet
from apportion.sample.models import deployed
from apportion.sample.node_charges import node_charges
from apportion.sample.node_truth import node_shares
from apportion.sample.noise import Noise
from apportion.sample.options import SampleOptions, SampleResult
from apportion.sample.people import add_people
from apportion.sample.reference import write_reference
from apportion.sample.request_truth import RequestTruth
from apportion.sample.requests import RequestGenerator
from apportion.sample.residency import Residency
from apportion.sample.scenarios import SCENARIOS
from apportion.sample.server_dumps import write_dumps
from apportion.sample.service_charges import monthly_charges, service_charges
from apportion.sample.serving import add_serving
from apportion.sample.slurm import write_slurm
from apportion.sample.telemetry import Telemetry
from apportion.sample.telemetry_csv import TelemetryTable
from apportion.sample.telemetry_smi import SmiLog
from apportion.sample.truth import charge_recipients, deployment_hours, write_truth
from apportion.sample.vendor_charges import VendorUsage
from apportion.sample.workloads import Schedule

TAKERS = (("nvidia_smi", SmiLog, "nvidia-smi"), ("csv", TelemetryTable, "hall-gpus"))
"""Other forms of the data hall's utilization, and their folders; the first takes one machine."""


def simulate(directory: Path, options: SampleOptions) -> SampleResult:
    """Write a sample company into a folder.

    Args:
        directory: `apportion.toml`, `exports/`, `reference/` and `truth/` are written here.
        options: the size and the seed; the same options write the same bytes.

    Raises:
        ConfigError: the folder already holds exports.
    """
    exports, truth = directory / "exports", directory / "truth"
    if exports.exists() or truth.exists():
        raise ConfigError(
            "SAMPLE_EXISTS",
            f"{directory}: there already is a sample company. Nothing was written, because "
            "replaced exports would look like new deliveries. Choose another folder, or remove "
            "this one.",
        )
    noise = Noise(options.seed)
    calendar = Calendar(options.first_day, options.days)
    schedule = _schedule(noise, calendar, options)
    charges = _charges(noise, calendar, schedule)
    with duckdb.connect(config={"threads": 2, "memory_limit": "500MB"}) as connection:
        connection.execute("set preserve_insertion_order = true")
        company = _Traffic(directory, options, schedule, charges, connection)
        company.run()
        written = write_bills(exports, calendar, charges, company.vendor_usage, options)
        shares = node_shares(schedule, company.used())
        recipients = pl.concat(
            charge_recipients(connection, calendar, bill, shares, company.vendor_usage)
            for bill in written
        )
        hours = deployment_hours(connection, calendar, shares, _node_hours(charges))
    write_truth(truth, recipients, hours)
    write_slurm(exports / "slurm", schedule)
    write_dumps(exports, options.servers)
    write_reference(directory / "reference", calendar, options)
    (directory / HMAC_KEY).write_text(noise.dice("log-hmac-key").digits(32), encoding="utf-8")
    write_configuration(directory / "apportion.toml", calendar, options)
    return SampleResult(
        config=directory / "apportion.toml",
        exports=exports,
        truth=truth,
        request_count=company.request_count,
        charge_count=sum(bill.charges.height for bill in written),
        gpu_count=schedule.fleet.gpu_count,
        sample_count=company.sample_count,
    )


def _schedule(noise: Noise, calendar: Calendar, options: SampleOptions) -> Schedule:
    fleet = build_fleet(noise, calendar, options.gpus, with_amd="amd" in options.telemetry)
    schedule = Schedule(calendar, fleet)
    has_duplicates = SCENARIOS[options.scenario].has_duplicates
    add_serving(schedule, noise, deployed(has_duplicates=has_duplicates))
    add_campaigns(schedule, noise)
    add_people(schedule, noise)
    return schedule


def _charges(noise: Noise, calendar: Calendar, schedule: Schedule) -> Charges:
    """Everything that is billed but the vendors' tokens, by provider."""
    charges = {p: node_charges(noise, calendar, schedule.fleet, p) for p in (*CLOUDS, "onprem")}
    for cloud in CLOUDS:
        services = service_charges(noise, calendar, cloud)
        charges[cloud] = pl.concat([charges[cloud], services])
    charges["aws"] = pl.concat([charges["aws"], monthly_charges(charges["aws"])])
    return charges


class _Traffic:
    """Requests and telemetry, day by day: what needs bounded memory at any scale."""

    def __init__(
        self,
        directory: Path,
        options: SampleOptions,
        schedule: Schedule,
        charges: Charges,
        connection: duckdb.DuckDBPyConnection,
    ) -> None:
        exports = directory / "exports"
        noise = Noise(options.seed)
        scenario = SCENARIOS[options.scenario]
        self._noise = noise
        self._calendar = schedule.calendar
        self._generator = RequestGenerator(
            noise, schedule.calendar, options.request_count, schedule.replicas, scenario
        )
        self._residency = Residency()
        self._logs = CallLogs(exports, noise, schedule.calendar, options.call_logs)
        self._telemetry = Telemetry(
            exports / "prometheus",
            noise,
            schedule,
            options.sample_interval_seconds,
            scenario.gap_share,
            tables=[
                taker(exports / folder)
                for form, taker, folder in TAKERS
                if form in options.telemetry
            ],
        )
        self._truth = RequestTruth(
            directory / "truth" / "requests", noise, schedule, _node_hours(charges), connection
        )
        self._vendor_usage = VendorUsage()
        self._used: list[pl.DataFrame] = []
        self.request_count = 0

    @property
    def vendor_usage(self) -> pl.DataFrame:
        """Tokens that vendors served."""
        return self._vendor_usage.total()

    @property
    def sample_count(self) -> int:
        """Telemetry samples written."""
        return self._telemetry.sample_count

    def used(self) -> pl.DataFrame:
        """Replica microseconds by replica, route and hour."""
        keys = ("replica", "route", "hour_us")
        return pl.concat(self._used).group_by(keys).agg(pl.col("used_us").sum())

    def run(self) -> None:
        """Generate and write everything."""
        day = 0
        for window in self._generator.windows():
            if window.day != day:
                self._telemetry.write_day(day)
                day = window.day
            requests = self._generator.generate(window)
            usage, busy = self._residency.sweep(requests, window.bounds(self._calendar)[1])
            self._telemetry.observe(day, busy)
            self._used.append(
                usage.group_by("replica", "route", "hour_us").agg(pl.col("used_us").sum())
            )
            self._logs.write(requests, window.part)
            self._vendor_usage.add_requests(requests, self._calendar)
            name = f"{self._calendar.day(day)}-{window.first_hour % 24:02d}-{window.part:03d}"
            self._truth.write(name, requests, usage)
            self.request_count += requests.height
        self._telemetry.write_day(day)
        self._telemetry.finish()
        self._logs.finish()
        self._vendor_usage.add_direct(self._noise, self._calendar)


def _node_hours(charges: Charges) -> pl.DataFrame:
    """Effective cost (ticks) of every node and hour, spread evenly over the hours of a charge."""
    nodes = pl.concat(
        frame.filter(pl.col("cause") == "node").select(
            pl.col("cause_node").alias("node"),
            pl.col("charge_period_start").dt.epoch("us").alias("start"),
            (pl.col("charge_period_end") - pl.col("charge_period_start"))
            .dt.total_hours()
            .alias("hours"),
            "effective_cost",
        )
        for frame in charges.values()
    )
    return (
        nodes.with_columns(
            effective_cost=pl.col("effective_cost") // pl.col("hours"),
            hour_us=pl.int_ranges(
                pl.col("start"), pl.col("start") + pl.col("hours") * HOUR_US, HOUR_US
            ),
        )
        .explode("hour_us")
        .select("node", "hour_us", "effective_cost")
    )
