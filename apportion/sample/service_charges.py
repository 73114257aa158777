"""Everything that is not a GPU node: storage, networks, databases, platform services, fees, credits."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import polars as pl

from apportion.sample import accounts, money
from apportion.sample.accounts import PROJECT_DATA, SUBSCRIPTION_APPS
from apportion.sample.calendar import DAY_HOURS, Calendar
from apportion.sample.fleet import AZURE_SUBSCRIPTION, GCP_PROJECT
from apportion.sample.focus import QUANTITY_SCALE, conform
from apportion.sample.noise import Noise

ENTERPRISE_DISCOUNT_PERCENT = 7
WEEKEND_FACTOR = 0.7
VARIATION = 0.08
GROWTH_PER_DAY = 0.004
_THOUSAND = 10**QUANTITY_SCALE


@dataclass(frozen=True, slots=True)
class Service:
    """A metered service: list price per unit and units on a working day.

    `team` really causes the cost; None: it serves everybody. `tags` are what the bill says.
    """

    provider: str
    sub_account: str
    name: str
    category: str
    meter: str
    unit: str
    price: str
    quantity: float
    team: str | None
    resource: str
    tags: dict[str, str] = field(default_factory=dict)
    is_steady: bool = False


SERVICES = (
    Service("aws", "ml-prod", "Amazon Elastic Kubernetes Service", "Compute", "USE1-AmazonEKS-Hours:perCluster", "Hours", "0.1", 24, None, "cluster/ml-prod", is_steady=True),
    Service("aws", "ml-research", "Amazon Elastic Kubernetes Service", "Compute", "USE1-AmazonEKS-Hours:perCluster", "Hours", "0.1", 24, None, "cluster/ml-research", is_steady=True),
    Service("aws", "ml-prod", "Amazon Elastic Compute Cloud", "Compute", "BoxUsage:c7i.24xlarge", "Hours", "4.284", 260, "support-assistant", "fleet/support-api", {"Team": "support"}),
    Service("aws", "ml-prod", "Amazon Elastic Compute Cloud", "Compute", "BoxUsage:m7i.16xlarge", "Hours", "3.2256", 310, "fraud", "fleet/fraud-features", {"team": "fraud"}),
    Service("aws", "search-prod", "Amazon Elastic Compute Cloud", "Compute", "BoxUsage:r7i.12xlarge", "Hours", "3.1752", 420, "search", "fleet/search-index", {"TEAM": "Search"}),
    Service("aws", "search-prod", "Amazon OpenSearch Service", "Analytics", "ESInstance:r7g.8xlarge", "Hours", "2.2816", 264, "search", "domain/search", {"Team": "search-team"}),
    Service("aws", "search-prod", "Amazon ElastiCache", "Databases", "NodeUsage:cache.r7g.4xlarge", "Hours", "1.7488", 288, "recommendations", "cluster/recs-features", {"team": "recs"}),
    Service("aws", "search-prod", "Amazon DynamoDB", "Databases", "ReadRequestUnits", "Million units", "0.125", 2_600, "ads-ranking", "table/ad-features", {"Owner": "ads"}),
    Service("aws", "data-platform", "Amazon Redshift", "Analytics", "Node:ra3.16xlarge", "Hours", "13.04", 144, "data-platform", "cluster/warehouse", {"cost-center": "CC-4602"}, is_steady=True),
    Service("aws", "data-platform", "Amazon Elastic MapReduce", "Analytics", "BoxUsage:m7g.8xlarge", "Hours", "0.3672", 1_900, "data-platform", "cluster/etl", {}),
    Service("aws", "data-platform", "Amazon Simple Storage Service", "Storage", "TimedStorage-ByteHrs", "GB-Mo", "0.021", 61_000, "data-platform", "bucket/kestrel-lake", {"team": "data-eng"}, is_steady=True),
    Service("aws", "ml-research", "Amazon Simple Storage Service", "Storage", "TimedStorage-ByteHrs", "GB-Mo", "0.023", 38_000, "foundation-models", "bucket/kestrel-checkpoints", {"team": "FM"}, is_steady=True),
    Service("aws", "ml-research", "Amazon FSx for Lustre", "Storage", "Throughput:250", "GB-Mo", "0.21", 4_200, "perception", "fs/training-scratch", {"squad": "perception"}, is_steady=True),
    Service("aws", "ml-prod", "Amazon Elastic Block Store", "Storage", "EBS:VolumeUsage.gp3", "GB-Mo", "0.08", 5_600, None, "volume/nodes", {}, is_steady=True),
    Service("aws", "ml-prod", "AWS Data Transfer", "Networking", "DataTransfer-Out-Bytes", "GB", "0.07", 11_000, None, "transfer/internet", {}),
    Service("aws", "ml-prod", "AWS Data Transfer", "Networking", "DataTransfer-Regional-Bytes", "GB", "0.01", 34_000, None, "transfer/zones", {}),
    Service("aws", "shared-services", "Amazon Virtual Private Cloud", "Networking", "NatGateway-Bytes", "GB", "0.045", 6_400, None, "nat/shared", {}),
    Service("aws", "shared-services", "Amazon CloudWatch", "Management and Governance", "CW:MetricMonitorUsage", "Metrics", "0.1", 5_200, None, "metrics", {}),
    Service("aws", "shared-services", "AWS Key Management Service", "Security", "KMS-Requests", "Requests", "0.000003", 21_000_000, None, "keys", {}),
    Service("aws", "shared-services", "Amazon Relational Database Service", "Databases", "InstanceUsage:db.r7g.8xl", "Hours", "3.824", 96, "payments-risk", "db/ledger", {"Team": "payments-risk"}, is_steady=True),
    Service("aws", "sandbox", "Amazon Elastic Compute Cloud", "Compute", "BoxUsage:m7i.4xlarge", "Hours", "0.8064", 190, "developer-tools", "fleet/ci", {"team": "blackbird"}),
    Service("aws", "sandbox", "Amazon SageMaker", "AI and Machine Learning", "Notebook:ml.g5.2xlarge", "Hours", "1.515", 74, "speech-research", "notebook/speech", {}),
    Service("aws", "ml-prod", "Amazon Bedrock", "AI and Machine Learning", "USE1-NovaLite-input-tokens", "1K tokens", "0.00006", 4_100_000, "finance-analytics", "model/nova-lite", {"Team": "finance-analytics"}),
    Service("aws", "ml-prod", "Amazon Bedrock", "AI and Machine Learning", "USE1-NovaLite-output-tokens", "1K tokens", "0.00024", 620_000, "finance-analytics", "model/nova-lite", {"Team": "finance-analytics"}),
    Service("azure", AZURE_SUBSCRIPTION, "Storage Accounts", "Storage", "Hot LRS Data Stored", "GB/Month", "0.0184", 29_000, "foundation-models", "storageaccounts/kestrelcorpus", {"Team": "foundation-models"}, is_steady=True),
    Service("azure", AZURE_SUBSCRIPTION, "Azure Kubernetes Service", "Compute", "Standard Uptime SLA", "Hours", "0.1", 24, None, "managedclusters/aks-ml", {}, is_steady=True),
    Service("azure", AZURE_SUBSCRIPTION, "Bandwidth", "Networking", "Standard Data Transfer Out", "GB", "0.08", 5_400, None, "bandwidth", {}),
    Service("azure", SUBSCRIPTION_APPS, "Azure SQL Database", "Databases", "vCore Gen5", "Hours", "0.5218", 1_160, "support-assistant", "servers/support-crm", {"owner": "CX-Assistant"}, is_steady=True),
    Service("azure", SUBSCRIPTION_APPS, "Azure AI Speech", "AI and Machine Learning", "Speech To Text Standard", "Hours", "1", 420, "voice", "accounts/voice-stt", {"Owner": "voice-ai"}),
    Service("azure", SUBSCRIPTION_APPS, "Log Analytics", "Management and Governance", "Data Ingestion", "GB", "2.3", 310, None, "workspaces/ops", {}),
    Service("gcp", PROJECT_DATA, "BigQuery", "Analytics", "Analysis", "TiB", "6.25", 190, "ads-ranking", "datasets/ads", {"team": "ads-ranking"}),
    Service("gcp", PROJECT_DATA, "BigQuery", "Analytics", "Active Logical Storage", "GiB month", "0.02", 24_000, "finance-analytics", "datasets/finance", {"cost_center": "cc-4604"}, is_steady=True),
    Service("gcp", GCP_PROJECT, "Cloud Storage", "Storage", "Standard Storage US", "GiB month", "0.02", 41_000, "fleet-autonomy", "buckets/robot-logs", {"team": "fleet"}, is_steady=True),
    Service("gcp", GCP_PROJECT, "Kubernetes Engine", "Compute", "Cluster Management Fee", "Hours", "0.1", 24, None, "clusters/ml", {}, is_steady=True),
    Service("gcp", GCP_PROJECT, "Networking", "Networking", "Inter Region Egress", "GiB", "0.02", 38_000, None, "network/default", {}),
    Service("gcp", PROJECT_DATA, "Cloud Logging", "Management and Governance", "Log Storage", "GiB", "0.5", 420, None, "logging", {}),
)  # fmt: skip

SUPPORT = "AWS Support (Enterprise)"
SUPPORT_PER_MILLE, TAX_PER_MILLE = 30, 62
CENT = money.TICKS // 100
CREDIT, REFUND = "-18500", "-1320.96"


def service_charges(noise: Noise, calendar: Calendar, provider: str) -> pl.DataFrame:
    """The daily charges of a provider's services."""
    found = [(i, s) for i, s in enumerate(SERVICES) if s.provider == provider]
    return pl.concat([_daily(noise, calendar, i, service) for i, service in found])


def _daily(noise: Noise, calendar: Calendar, index: int, service: Service) -> pl.DataFrame:
    days = np.arange(calendar.days)
    factor = 1 + GROWTH_PER_DAY * days + VARIATION * noise.normal(f"service/{index}", days)
    if not service.is_steady:
        weekend = np.array([calendar.is_weekend(day) for day in range(calendar.days)])
        factor = factor * np.where(weekend, WEEKEND_FACTOR, 1.0)
    elif service.unit == "Hours":
        factor = np.ones(calendar.days)
    quantity = (service.quantity * _THOUSAND * factor.clip(0.2)).astype(np.int64)
    price = money.ticks(service.price)
    contracted = price * (100 - ENTERPRISE_DISCOUNT_PERCENT) // 100
    starts = calendar.hour_starts().gather_every(DAY_HOURS)
    frame = pl.DataFrame(
        {
            "charge_period_start": starts,
            "charge_period_end": starts + timedelta(days=1),
            "pricing_quantity": quantity,
            "consumed_quantity": quantity,
            "list_cost": quantity * (price // _THOUSAND),
            "contracted_cost": quantity * (contracted // _THOUSAND),
        }
    )
    columns = _columns(service)
    return conform(
        frame.with_columns(
            billed_cost="contracted_cost",
            effective_cost="contracted_cost",
            list_unit_price=pl.lit(price),
            contracted_unit_price=pl.lit(contracted // _THOUSAND * _THOUSAND),
            cause=pl.lit("team" if service.team else "shared"),
            cause_key=pl.lit(service.team, pl.String),
            **{name: pl.lit(value, pl.String) for name, value in columns.items()},
        )
    )


def _columns(service: Service) -> accounts.Columns:
    owner = accounts.sub_account(service.provider, service.sub_account)
    prefix = {
        "aws": f"arn:aws:{service.sub_account}:us-east-1:{owner['sub_account_id']}:",
        "azure": f"/subscriptions/{owner['sub_account_id']}/resourcegroups/rg/providers/",
        "gcp": f"//googleapis.com/projects/{owner['sub_account_id']}/",
    }[service.provider]
    return {
        **accounts.BILLING[service.provider],
        **owner,
        "charge_category": "Usage",
        "charge_description": f"{service.name}: {service.meter}",
        "service_name": service.name,
        "service_category": service.category,
        "resource_id": prefix + service.resource,
        "resource_name": service.resource.rpartition("/")[2],
        "resource_type": service.resource.partition("/")[0],
        "pricing_unit": service.unit,
        "consumed_unit": service.unit,
        "pricing_category": "Standard",
        "sku_id": f"{service.provider}-{service.meter}".lower(),
        "sku_price_id": f"{service.provider}-{service.meter}-1".lower(),
        "sku_meter": service.meter,
        "tags": json.dumps(service.tags),
    }


def monthly_charges(charges: pl.DataFrame) -> pl.DataFrame:
    """Support, tax, a credit and a refund of AWS: they follow from the month and arrive late."""
    month = charges.group_by("billing_period_start", "billing_period_end").agg(
        pl.col("billed_cost").sum()
    )
    by_account = charges.group_by(
        "billing_period_start", "billing_period_end", "sub_account_id", "sub_account_name"
    ).agg(pl.col("billed_cost").sum())
    home = accounts.sub_account("aws", "shared-services")
    fixed = {name: pl.lit(value, pl.String) for name, value in home.items()}
    support = month.sort("billing_period_start").with_columns(
        **fixed,
        cost=_per_mille("billed_cost", SUPPORT_PER_MILLE),
        charge_category=pl.lit("Purchase"),
        charge_frequency=pl.lit("Recurring"),
        service_name=pl.lit(SUPPORT),
        service_category=pl.lit("Other"),
        charge_description=pl.lit("Enterprise support, 3 % of the month's charges"),
    )
    tax = by_account.sort("billing_period_start", "sub_account_id").with_columns(
        cost=_per_mille("billed_cost", TAX_PER_MILLE),
        charge_category=pl.lit("Tax"),
        charge_frequency=pl.lit("One-Time"),
        service_name=pl.lit("Tax"),
        service_category=pl.lit("Other"),
        charge_description=pl.lit("Sales tax"),
    )
    credit = month.sort("billing_period_start").with_columns(
        **fixed,
        cost=pl.lit(money.ticks(CREDIT)),
        charge_category=pl.lit("Credit"),
        charge_frequency=pl.lit("One-Time"),
        service_name=pl.lit("Amazon Elastic Compute Cloud"),
        service_category=pl.lit("Compute"),
        charge_description=pl.lit("Migration credit"),
    )
    refund = month.sort("billing_period_start").with_columns(
        **{
            name: pl.lit(value, pl.String)
            for name, value in accounts.sub_account("aws", "ml-research").items()
        },
        cost=pl.lit(money.ticks(REFUND)),
        charge_category=pl.lit("Adjustment"),
        charge_class=pl.lit("Correction"),
        charge_frequency=pl.lit("One-Time"),
        service_name=pl.lit("Amazon Elastic Compute Cloud"),
        service_category=pl.lit("Compute"),
        charge_description=pl.lit("Refund: 24 hours of a node that could not be reached"),
    )
    frame = pl.concat([support, tax, credit, refund], how="diagonal").filter(pl.col("cost") != 0)
    billing = {name: pl.lit(value, pl.String) for name, value in accounts.BILLING["aws"].items()}
    return conform(
        frame.with_columns(
            **billing,
            charge_period_start="billing_period_start",
            charge_period_end="billing_period_end",
            billed_cost="cost",
            effective_cost="cost",
            list_cost="cost",
            contracted_cost="cost",
            cause=pl.lit("shared"),
            is_late=pl.lit(value=True),
        )
    )


def _per_mille(column: str, rate: int) -> pl.Expr:
    """A share of an amount, in whole cents."""
    return pl.col(column) // CENT * rate // 1000 * CENT
