"""Who bills: billing accounts, sub-accounts, and the columns that their charges have in common."""

import json

from apportion.sample.company import COMPANY
from apportion.sample.fleet import (
    AWS_ACCOUNTS,
    AWS_REGION,
    AZURE_REGION,
    AZURE_SUBSCRIPTION,
    GCP_PROJECT,
    GCP_REGION,
    Node,
)

Columns = dict[str, str | None]
RATE_CARD = "Node day: depreciation, power and hosting"

BILLING: dict[str, Columns] = {
    "aws": {
        "provider_name": "AWS",
        "publisher_name": "AWS",
        "invoice_issuer_name": "Amazon Web Services, Inc.",
        "billing_account_id": AWS_ACCOUNTS["shared-services"],
        "billing_account_name": COMPANY,
        "billing_account_type": "Billing Account",
        "billing_currency": "USD",
        "sub_account_type": "Account",
        "region_id": AWS_REGION,
        "region_name": "US East (N. Virginia)",
    },
    "azure": {
        "provider_name": "Microsoft",
        "publisher_name": "Microsoft",
        "invoice_issuer_name": "Microsoft",
        "billing_account_id": "/providers/Microsoft.Billing/billingAccounts/77120934",
        "billing_account_name": COMPANY,
        "billing_account_type": "Billing Account",
        "billing_currency": "USD",
        "sub_account_type": "Subscription",
        "region_id": AZURE_REGION,
        "region_name": "East US 2",
    },
    "gcp": {
        "provider_name": "Google Cloud",
        "publisher_name": "Google Cloud",
        "invoice_issuer_name": "Google Cloud",
        "billing_account_id": "01A7F2-9C44D0-6B13E8",
        "billing_account_name": COMPANY,
        "billing_account_type": "Billing Account",
        "billing_currency": "USD",
        "sub_account_type": "Project",
        "region_id": GCP_REGION,
        "region_name": "Iowa",
    },
    "onprem": {
        "service_provider_name": "Kestrel Data Hall",
        "host_provider_name": "Kestrel Data Hall",
        "invoice_issuer_name": "Kestrel Robotics GmbH",
        "billing_account_id": "kestrel-gmbh",
        "billing_account_name": "Kestrel Robotics GmbH",
        "billing_account_type": "Legal Entity",
        "billing_currency": "EUR",
        "sub_account_type": "Data Hall",
        "region_id": "muc-1",
        "region_name": "Munich",
    },
}

_COMPUTE: dict[str, Columns] = {
    "aws": {
        "service_name": "Amazon Elastic Compute Cloud",
        "resource_type": "EC2 Instance",
        "x_ServiceCode": "AmazonEC2",
        "x_Operation": "RunInstances",
    },
    "azure": {
        "service_name": "Virtual Machines",
        "resource_type": "Virtual machine scale set instance",
        "x_SkuMeterCategory": "Virtual Machines",
        "x_ResourceGroupName": "mc_rg-ml",
    },
    "gcp": {"service_name": "Compute Engine", "resource_type": "Instance"},
    "onprem": {"service_name": "GPU Nodes", "resource_type": "Server"},
}

_POOL_TAGS: dict[str, dict[str, str]] = {
    "aws-p5-serve": {"Team": "ml-platform", "Environment": "prod"},
    "aws-p5-train": {"team": "ml-infra", "Environment": "research"},
    "aws-p4d-tune": {"TEAM": "MLOps", "env": "research"},
    "aws-g6e-serve": {"Owner": "ml-platform", "Environment": "prod"},
    "aws-g5-serve": {"Team": "fraud", "Environment": "prod"},
    "aws-g5-dev": {"env": "dev"},
    "azure-nd-train": {"Owner": "Foundation", "Environment": "research"},
    "gcp-a3-serve": {"team": "fleet-autonomy", "environment": "prod"},
    "gcp-a3-train": {"team": "fundation-models", "environment": "research"},
}
"""What people wrote on the nodes: mixed spellings, a typing error, nothing at all."""


def sub_account(name: str) -> Columns:
    """The sub-account columns of a charge."""
    identifier = AWS_ACCOUNTS.get(name, name)
    titles = {AZURE_SUBSCRIPTION: "ml-research", "hall-munich": "Hall Munich"}
    return {"sub_account_id": identifier, "sub_account_name": titles.get(name, name)}


def node_columns(node: Node) -> Columns:
    """What all charges of a node have in common."""
    pool = node.pool
    word = RATE_CARD if pool.provider == "onprem" else pool.instance_type
    details = {"InstanceType": pool.instance_type, "GpuCount": pool.gpus_per_node}
    return {
        **BILLING[pool.provider],
        **_COMPUTE[pool.provider],
        **sub_account(pool.sub_account),
        "charge_category": "Usage",
        "charge_description": f"{word} in {node.zone}",
        "availability_zone": node.zone,
        "service_category": "Compute",
        "service_subcategory": "Virtual Machines",
        "resource_id": node.resource_id,
        "resource_name": node.name,
        "pricing_unit": "Hours",
        "consumed_unit": "Hours",
        "sku_id": f"{pool.provider}-{pool.instance_type}".lower(),
        "sku_price_id": f"{pool.provider}-{pool.instance_type}-{pool.runs}".lower(),
        "sku_meter": f"BoxUsage:{pool.instance_type}",
        "sku_price_details": json.dumps(details),
        "tags": json.dumps(_POOL_TAGS.get(pool.name, {})),
    }


def commitment_columns(provider: str) -> Columns:
    """What the fee of a commitment and its unused part have in common."""
    home = {"aws": "shared-services", "azure": AZURE_SUBSCRIPTION, "gcp": GCP_PROJECT}[provider]
    return {
        **BILLING[provider],
        **_COMPUTE[provider],
        **sub_account(home),
        "resource_type": None,
        "service_category": "Compute",
        "service_subcategory": "Virtual Machines",
        "pricing_unit": "Hours",
        "pricing_category": "Committed",
    }
