"""What the names in the ledger mean, in a sentence each."""

METHODS = {
    "gpu_seconds_held": "each GPU node's hour, split by the seconds that workloads held it",
    "pod_requests": "each GPU node's hour, the part for CPU and memory, by what pods asked for",
    "provider_split": "split by the provider, to the workload that it names",
    "residency": "the deployment's hour, split over the requests in flight, instant by instant",
    "weighted_tokens": "the deployment's hour, split over its requests by weighted tokens",
    "no_requests_in_hour": "hours of the deployment without a request: they stay with its owner",
    "metered_tokens": "what the vendor billed per token type, split over the logged tokens",
    "unlogged_usage": "billed tokens that no log explains: they stay with the owner of the charge",
    "telemetry_gap": "GPU hours without a sample: they stay with the owner of the charge",
    "owner_rule": "the whole charge, to the owner that a rule names",
    "no_owner": "no rule names an owner",
    "shared_proportional": "shared by a policy, in proportion to the teams' direct effective cost",
    "shared_even": "shared by a policy, evenly over all teams",
    "shared_fixed": "shared by a policy, by its fixed weights",
    "shared_by_metric": "shared by a policy, by GPU-seconds held, requests or tokens",
    "shared_keep_central": "kept by the team that a policy names",
    "shared_without_recipients": "a policy took it, and nobody was there to share it: it stays",
}

CLASSES = {
    "direct": "used for work",
    "idle_held": "held by a workload and not active, or serving nobody",
    "idle_unheld": "GPUs that nobody held",
    "shared": "shared costs",
    "commitment_unused": "commitments that nothing used",
    "tax": "tax",
    "credit": "credits and refunds",
    "purchase": "purchases and subscriptions",
    "adjustment": "corrections by the provider",
    "unallocated": "usage that reached no team",
}
