"""Labels of metrics, as dcgm-exporter and kube-state-metrics write them, as JSON text."""

import json
from collections.abc import Mapping

import polars as pl

from apportion.sample.fleet import Device, Node
from apportion.sample.workloads import Workload

DRIVER = "570.124.06"
SCRAPE = {"instance": "10.20.0.14:8080", "job": "kube-state-metrics"}
PCI_FIRST, PCI_STEP = 16, 11
HALL_HOSTS = "hpc-"


def of_device(device: Device, holder: Workload | None) -> str:
    """A GPU or MIG slice and who holds it; the newest exporter spells `hostname` in lower case."""
    node = device.node
    if node.is_amd:
        return _text(_of_amd(device) | _holder(holder))
    host_label = "hostname" if node.pool.provider == "azure" else "Hostname"
    labels = {
        "gpu": str(device.gpu),
        "UUID": device.uuid,
        "pci_bus_id": f"00000000:{PCI_FIRST + device.gpu * PCI_STEP:02X}:00.0",
        "device": f"nvidia{device.gpu}",
        "modelName": node.pool.gpu_model,
        host_label: node.name,
        "DCGM_FI_DRIVER_VERSION": DRIVER,
    }
    if device.mig_id:
        labels |= {"GPU_I_PROFILE": "1g.5gb", "GPU_I_ID": device.mig_id}
    return _text(labels | _holder(holder))


def _of_amd(device: Device) -> dict[str, str]:
    """A GPU as AMD's device metrics exporter tells of it, not partitioned."""
    return {
        "gpu_id": str(device.gpu),
        "gpu_partition_id": "0",
        "gpu_compute_partition_type": "spx",
        "serial_number": device.uuid.removeprefix("GPU-")[:12],
        "card_model": device.node.pool.gpu_model,
        "hostname": device.node.name,
    }


def _holder(holder: Workload | None) -> dict[str, str]:
    if holder is None:
        return {}
    if holder.slurm_job:
        return {"hpc_job": str(holder.slurm_job)}
    container = "vllm" if holder.deployment else "main"
    return {"namespace": holder.namespace, "pod": holder.pod, "container": container}


def of_hall(samples: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    """The distinct `labels` of the data hall's samples, with a column for some of them.

    Args:
        samples: any samples with `labels`.
        columns: the label that each column holds; empty where a series lacks it.
    """
    distinct = samples.select("labels").unique(maintain_order=True)
    told = [json.loads(text) for text in distinct["labels"]]
    is_hall = [labels.get("Hostname", "").startswith(HALL_HOSTS) for labels in told]
    return distinct.with_columns(
        pl.Series(column, [labels.get(label, "") for labels in told])
        for column, label in columns.items()
    ).filter(pl.Series(is_hall, dtype=pl.Boolean))


def of_node(node: Node) -> str:
    """A node of a cluster."""
    return _text({"node": node.name, "provider_id": node.provider_id, **SCRAPE})


def of_pod(workload: Workload) -> str:
    """A pod's own labels."""
    identity = {"namespace": workload.namespace, "pod": workload.pod}
    return _text({**identity, **workload.labels, **SCRAPE})


def of_ending(workload: Workload) -> str:
    """A container that ended, and why."""
    identity = {"namespace": workload.namespace, "pod": workload.pod, "container": "main"}
    return _text({**identity, "reason": workload.ending, **SCRAPE})


def _text(labels: dict[str, str]) -> str:
    return json.dumps(labels, sort_keys=True, separators=(",", ":"))
