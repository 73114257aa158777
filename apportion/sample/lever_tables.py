"""What the sample company has measured and been offered: evaluations, benchmarks, GPU prices."""

from collections.abc import Iterable, Mapping
from datetime import date

from apportion.sample.scenarios import Scenario

Row = Mapping[str, object]
MEASURED = date(2026, 6, 1)
H100 = "NVIDIA H100 80GB HBM3"


def model_evaluations() -> Iterable[Row]:
    """Quality of models per task; two tasks can do with less than they have."""
    for task, model, quality, error, ratio in (
        ("search-prod", "gpt-5", "0.912", "0.005", ""),
        ("search-prod", "gpt-5-mini", "0.899", "0.005", "1.1"),
        ("finance-analytics-prod", "gpt-5", "0.874", "0.012", ""),
        ("finance-analytics-prod", "gpt-5-mini", "0.846", "0.013", "1.2"),
        ("developer-tools-prod", "claude-sonnet-4-5", "0.792", "0.009", ""),
        ("developer-tools-prod", "claude-haiku-4-5", "0.671", "0.010", "1.3"),
        ("localization-prod", "claude-haiku-4-5", "0.941", "0.004", ""),
        ("localization-prod", "gpt-5-mini", "0.935", "0.004", ""),
        ("localization-prod", "phrase-1b", "0.820", "0.009", ""),
        ("chat-suite", "atlas-chat-70b", "0.861", "0.004", ""),
        ("chat-suite", "atlas-chat-70b-fp8", "0.857", "0.004", ""),
        ("moderation-suite", "moderation-8b", "0.967", "0.002", ""),
        ("moderation-suite", "moderation-1b", "0.958", "0.002", ""),
        ("fraud-suite", "fraud-screen-8b", "0.948", "0.003", ""),
        ("fraud-suite", "fraud-screen-5b-pruned", "0.902", "0.004", ""),
    ):
        yield {
            "task": task,
            "model": model,
            "quality": quality,
            "quality_standard_error": error,
            "output_token_ratio": ratio,
            "evaluation_source": "evaluation of 2026-06",
            "valid_from": MEASURED,
        }


def serving_benchmarks() -> Iterable[Row]:
    """Tokens per second of one replica, as it is served and otherwise."""
    for model, technique, variant, gpu_model, gpus, tokens, outlay in (
        ("atlas-chat-70b", "baseline", "bf16", H100, 4, 3120, 0),
        ("atlas-chat-70b", "quantisation", "atlas-chat-70b-fp8", H100, 2, 2240, 6000),
        ("atlas-chat-70b", "batching", "batch-96", H100, 4, 3910, 2000),
        ("code-assist-32b", "baseline", "bf16", H100, 2, 1480, 0),
        ("code-assist-32b", "speculative_decoding", "draft-1b", H100, 2, 1790, 4000),
        ("moderation-8b", "baseline", "bf16", "NVIDIA A10G", 1, 410, 0),
        ("moderation-8b", "distillation", "moderation-1b", "NVIDIA A10G", 1, 2250, 900),
        ("fraud-screen-8b", "baseline", "bf16", "NVIDIA A10G", 1, 395, 0),
        ("fraud-screen-8b", "pruning", "fraud-screen-5b-pruned", "NVIDIA A10G", 1, 610, 1500),
        ("vla-policy-34b", "baseline", "bf16", H100, 2, 1210, 0),
        ("vla-policy-34b", "accelerators", "bf16", "AMD Instinct MI300X", 1, 760, 30000),
    ):
        yield {
            "model": model,
            "technique": technique,
            "variant": variant,
            "gpu_model": gpu_model,
            "gpu_count": gpus,
            "tokens_per_second": tokens,
            "one_off_cost": outlay,
            "benchmark_source": "load test of 2026-06 at the agreed latency",
            "valid_from": MEASURED,
        }


def gpu_offers() -> Iterable[Row]:
    """Prices of a GPU hour that the company could take."""
    for provider, region, gpu_model, category, price in (
        ("Nebius", "eu-north1", H100, "Standard", "2.95"),
        ("Nebius", "eu-north1", H100, "Dynamic", "1.25"),
        ("Google Cloud", "us-central1", "NVIDIA A100-SXM4-40GB", "Dynamic", "1.47"),
        ("Microsoft", "westus", "AMD Instinct MI300X", "Standard", "6.00"),
    ):
        yield {
            "service_provider_name": provider,
            "region_id": region,
            "gpu_model": gpu_model,
            "pricing_category": category,
            "price_per_gpu_hour": price,
            "currency": "USD",
            "offer_source": "offer of 2026-06",
            "valid_from": MEASURED,
        }


def hardware_offers() -> Iterable[Row]:
    """What a GPU would cost to own; all else is as by default."""
    yield {
        "gpu_model": H100,
        "gpu_price": 32_500,
        "currency": "USD",
        "offer_source": "offer of 2026-06 for eight systems",
        "valid_from": MEASURED,
    }


def semantic_cache_trials() -> Iterable[Row]:
    """What a cache of similar prompts would answer; of one task too many answers are wrong."""
    for task, hits, judged, wrong in (
        ("support-assistant-prod", "0.22", 420, 1),
        ("search-prod", "0.31", 300, 11),
    ):
        yield {
            "task": task,
            "hit_share": hits,
            "judged_hits": judged,
            "false_hits": wrong,
            "embedding_price_per_token": "0.00000002",
            "trial_source": "pilot of 2026-06 at a similarity of 0.95, hits judged by two people",
            "valid_from": MEASURED,
        }


def context_trials() -> Iterable[Row]:
    """Quality with a part of the context left out."""
    for task, model, share, quality, error in (
        ("developer-tools-prod", "claude-sonnet-4-5", "0.35", "0.789", "0.009"),
        ("search-prod", "gpt-5", "0.5", "0.861", "0.006"),
    ):
        yield {
            "task": task,
            "model": model,
            "removable_input_share": share,
            "quality": quality,
            "quality_standard_error": error,
            "trial_source": "evaluation of 2026-06 with the files that were not cited left out",
            "valid_from": MEASURED,
        }


def device_trials() -> Iterable[Row]:
    """A small model in the app that asks the large one where a verifier doubts it."""
    yield {
        "task": "localization-prod",
        "model": "phrase-1b",
        "caught_wrong_share": "0.92",
        "caught_right_share": "0.15",
        "cost_per_request": "0.0001",
        "trial_source": "evaluation of 2026-06 on 2000 phrases",
        "valid_from": MEASURED,
    }


def provisioned_units() -> Iterable[Row]:
    """Fees of provisioned throughput; the company has none of it."""
    for provider, model, tokens, fee in (
        ("openai", "gpt-5", 4000, "0.30"),
        ("openai", "gpt-5-mini", 9000, "0.20"),
    ):
        yield {
            "gen_ai_provider_name": provider,
            "model": model,
            "tokens_per_minute": tokens,
            "output_token_weight": 4,
            "price_per_unit_hour": fee,
            "currency": "USD",
            "offer_source": "offer of 2026-06",
            "valid_from": MEASURED,
        }


def commitment_offers() -> Iterable[Row]:
    """Discounts for committed use: a plan for all of a provider's compute, and reservations."""
    for provider, plan, sku, months, payment, discount in (
        ("AWS", "Compute Savings Plan", "", 12, "No Upfront", "0.27"),
        ("AWS", "Compute Savings Plan", "", 12, "All Upfront", "0.31"),
        ("AWS", "Compute Savings Plan", "", 36, "No Upfront", "0.46"),
        ("AWS", "p5 reservation", "aws-p5.48xlarge", 12, "All Upfront", "0.412"),
        ("Google Cloud", "A2 committed use", "*", 12, "No Upfront", "0.37"),
        ("Google Cloud", "A2 committed use", "*", 36, "No Upfront", "0.65"),
    ):
        yield {
            "service_provider_name": provider,
            "plan_name": plan,
            "sku_id": sku,
            "region_id": "",
            "term_months": months,
            "payment_option": payment,
            "discount": discount,
            "offer_source": "price list, read 2026-06",
            "valid_from": MEASURED,
        }


def assumptions(scenario: Scenario) -> Iterable[Row]:
    """What the company assumes itself: few calls say enough where all prompts begin alike."""
    if scenario.storm_target:
        yield {
            "lever": "cache_miss_storms",
            "name": "minimum_requests",
            "value": "6",
            "source": "one key, one system prompt of which most is cached; agreed 2026-06",
            "valid_from": MEASURED,
        }
