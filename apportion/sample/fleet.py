"""The machines: node pools in three clouds and one hall, their nodes and their GPUs."""

from dataclasses import dataclass, replace

import numpy as np

from apportion.sample.calendar import DAY_HOURS, EVENING, MORNING, Calendar
from apportion.sample.noise import Bools, Noise
from apportion.sample.tables import read

AWS_REGION = "us-east-1"
AZURE_REGION = "eastus2"
GCP_REGION = "us-central1"
AZURE_SUBSCRIPTION = "5d0c3f5e-2b57-4c0e-9f5d-7a1f0c6e8b21"
GCP_PROJECT = "kestrel-ml-prod"
SEVENTHS = 7
"""A MIG slice 1g is a seventh of its GPU."""
LAST_SPOT_HOUR, FIRST_SPOT_HOUR = 6, 19
LATE_NODES = 2


@dataclass(frozen=True, slots=True)
class Pool:
    """Nodes of one kind with one job. Prices per node-hour in the billing currency.

    `committed` nodes are covered by a commitment at `committed_price`; `runs` is "always",
    "workdays" or "nights" (spot).
    """

    name: str
    provider: str
    instance_type: str
    gpu_model: str
    gpus_per_node: int
    count: int
    price: str
    sub_account: str
    committed: int = 0
    committed_price: str = ""
    runs: str = "always"
    has_sm_active: bool = True
    memory_mib: int = 81_559
    idle_watts: int = 70
    peak_watts: int = 690


POOLS = read("pools", Pool)

AMD_POOL = "azure-nd-serve"
AMD = {
    "instance_type": "Standard_ND96isr_MI300X_v5",
    "gpu_model": "AMD Instinct MI300X OAM",
    "has_sm_active": False,
    "memory_mib": 196_592,
    "idle_watts": 140,
    "peak_watts": 750,
}
"""What a pool is where the company has GPUs of AMD too; its price stays."""

BASE_GPUS = sum(pool.count * pool.gpus_per_node for pool in POOLS)


@dataclass(frozen=True, slots=True)
class Node:
    """A machine: its name in the cluster and its id on the bill."""

    index: int
    pool: Pool
    ordinal: int
    name: str
    zone: str
    provider_id: str
    resource_id: str
    running: Bools

    @property
    def is_amd(self) -> bool:
        """Whether its GPUs are of AMD."""
        return self.pool.gpu_model.startswith("AMD")

    @property
    def is_committed(self) -> bool:
        """Whether a commitment covers it."""
        return self.ordinal < self.pool.committed


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU, or a MIG slice of one (`mig_id` set, one seventh)."""

    index: int
    node: Node
    gpu: int
    uuid: str
    mig_id: str = ""

    @property
    def sevenths(self) -> int:
        """Its size in sevenths of a GPU."""
        return 1 if self.mig_id else SEVENTHS


@dataclass(frozen=True, slots=True)
class Fleet:
    """All nodes and devices."""

    nodes: tuple[Node, ...]
    devices: tuple[Device, ...]

    @property
    def gpu_count(self) -> int:
        """Physical GPUs."""
        return sum(node.pool.gpus_per_node for node in self.nodes)

    def devices_of(self, pool: str) -> list[list[Device]]:
        """The devices of a pool, node by node."""
        nodes = [node.index for node in self.nodes if node.pool.name == pool]
        return [[d for d in self.devices if d.node.index == index] for index in nodes]


def build_fleet(noise: Noise, calendar: Calendar, gpus: int, *, with_amd: bool = False) -> Fleet:
    """Nodes and devices for about so many GPUs; every pool keeps at least one node."""
    nodes: list[Node] = []
    devices: list[Device] = []
    for usual in POOLS:
        is_changed = with_amd and usual.name == AMD_POOL
        pool = replace(usual, **AMD) if is_changed else usual  # type: ignore[arg-type]
        for ordinal in range(max(1, round(pool.count * gpus / BASE_GPUS))):
            node = _node(noise, calendar, pool, ordinal, len(nodes))
            nodes.append(node)
            for gpu, mig_id in _slots(pool):
                uuid = _uuid(noise, f"{node.name}/{gpu}")
                devices.append(Device(len(devices), node, gpu, uuid, mig_id))
    return Fleet(tuple(nodes), tuple(devices))


def _slots(pool: Pool) -> list[tuple[int, str]]:
    """GPU and MIG slice ids of a node; the shared node has its last GPU cut into slices."""
    slots = [(gpu, "") for gpu in range(pool.gpus_per_node)]
    if pool.name == "aws-p4d-shared":
        last = slots.pop()[0]
        slots += [(last, str(slice_id)) for slice_id in range(SEVENTHS, 2 * SEVENTHS)]
    return slots


def _uuid(noise: Noise, name: str) -> str:
    digits = noise.dice(f"uuid/{name}").digits(32)
    return f"GPU-{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _node(noise: Noise, calendar: Calendar, pool: Pool, ordinal: int, index: int) -> Node:
    dice = noise.dice(f"node/{pool.name}/{ordinal}")
    running = _running(calendar, pool, ordinal)
    zone, name, provider_id, resource_id = _NAMES[pool.provider](pool, ordinal, dice.digits(17))
    return Node(index, pool, ordinal, name, zone, provider_id, resource_id, running)


def _aws(pool: Pool, ordinal: int, digits: str) -> tuple[str, str, str, str]:
    zone = AWS_REGION + "abd"[ordinal % 3]
    octets = [int(digits[i : i + 2], 16) for i in (0, 2)]
    instance = f"i-0{digits[:16]}"
    name = f"ip-10-{20 + len(pool.name)}-{octets[0]}-{octets[1]}.ec2.internal"
    account = AWS_ACCOUNTS[pool.sub_account]
    arn = f"arn:aws:ec2:{AWS_REGION}:{account}:instance/{instance}"
    return zone, name, f"aws:///{zone}/{instance}", arn


def _azure(pool: Pool, ordinal: int, digits: str) -> tuple[str, str, str, str]:
    short = pool.name.removeprefix("azure-").replace("-", "")
    scale_set = f"aks-{short}-{int(digits[:6], 16) % 90_000_000 + 10_000_000}-vmss"
    path = (
        f"/subscriptions/{AZURE_SUBSCRIPTION}/resourceGroups/mc_rg-ml_aks-ml_{AZURE_REGION}"
        f"/providers/Microsoft.Compute/virtualMachineScaleSets/{scale_set}/virtualMachines/{ordinal}"
    )
    return f"{AZURE_REGION}-1", f"{scale_set}{ordinal:06d}", f"azure://{path}", path.lower()


def _gcp(pool: Pool, ordinal: int, digits: str) -> tuple[str, str, str, str]:
    zone = f"{GCP_REGION}-{'abc'[ordinal % 3]}"
    name = f"gke-ml-{pool.name.removeprefix('gcp-')}-{digits[:8]}-{digits[8:12]}"
    resource = f"//compute.googleapis.com/projects/{GCP_PROJECT}/zones/{zone}/instances/{name}"
    return zone, name, f"gce://{GCP_PROJECT}/{zone}/{name}", resource


def _onprem(pool: Pool, ordinal: int, digits: str) -> tuple[str, str, str, str]:
    del pool, digits
    name = f"hpc-gpu-{ordinal + 1:02d}"
    return "hall-1", name, "", name


AWS_ACCOUNTS = {
    "ml-prod": "410203941187",
    "ml-research": "410203941188",
    "sandbox": "410203941189",
    "search-prod": "410203941190",
    "data-platform": "410203941191",
    "shared-services": "410203941180",
}
_NAMES = {"aws": _aws, "azure": _azure, "gcp": _gcp, "onprem": _onprem}


def _running(calendar: Calendar, pool: Pool, ordinal: int) -> Bools:
    """The hours in which a node is up."""
    hour = np.tile(np.arange(DAY_HOURS), calendar.days)
    up = np.ones(calendar.hours, dtype=np.bool_)
    if pool.runs == "workdays":
        weekend = np.repeat([calendar.is_weekend(d) for d in range(calendar.days)], DAY_HOURS)
        up = (hour >= MORNING) & (hour < EVENING) & ~weekend
    elif pool.runs == "nights":
        up = (hour >= FIRST_SPOT_HOUR) | (hour < LAST_SPOT_HOUR)
    if pool.name == "aws-p5-train" and ordinal >= pool.count - LATE_NODES:
        up[: DAY_HOURS * (calendar.days // 8)] = False
    if pool.committed and ordinal == 1:
        start = DAY_HOURS * (calendar.days // 2) + 9
        up[start : start + calendar.days] = False
    return np.asarray(up)
