"""What must hold in every stage, whatever the amounts: proved on generated ones."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.day_build import build
from tests.prompt_cache import Trace, in_order, logged, read_by_lru, read_from, resident
from tests.stages import Bench, Stage
from tests.test_oracle import DAYS, PODS, company, measured

STAGES = {
    "1 amounts": Stage("stg_focus__charges", ("int_1_charges__classified",)),
    "2 hours": Stage("int_1_charges__classified", ("int_2_charge_hours__spread",)),
    "3 workloads": Stage("int_2_charge_hours__spread", ("int_3_workload_hours__split",)),
    "5 requests": Stage(
        "int_5_pool_charges__gathered", ("int_5_pool_charges__rated", "int_5_pool_charges__split")
    ),
    "7 shared costs": Stage("int_6_entries__direct", ("int_7_entries__shared",)),
    "8 ledger": Stage("int_7_entries__shared", ("day_cost_ledger",), "source_charge_key"),
}
ORDERED = {
    "int_2_gpu_time__integrated": "int_2_gpu_instants__observed",
    "int_3_workload_hours__split": "int_2_gpu_time__integrated",
    "int_1_charges__owned": "int_1_charges__matched",
    "int_5_pool_charges__rated": "int_5_request_basis__weighed",
    "int_7_policy_shares__weighed": "int_7_sharing_basis__summed",
    "int_7_entries__shared": "int_6_entries__direct",
}
"""Models, and the input whose order must not matter."""
MOST = 10**21
"""Quanta: amounts go up to a thousand either way."""
MOST_FEW = 4
"""Charges and measures that every stage has at least."""
MINUTES = (5, 15, 60, 240, 1440)
PATTERNS = {"failed", "first", "duplicate", "repeat", "other"}
SUMMED = """
    select * replace (
        sum(basis) over pool as logged_quantity, sum(basis * unit_weight) over pool as logged_basis
    )
    from ({more}) as more
    window pool as (partition by deployment, pool_start, token_type, service_tier)
"""
USED = {
    "5 requests": ("int_5_request_basis__weighed", SUMMED, STAGES["5 requests"].models),
    "7 shared costs": (
        *("int_7_sharing_basis__summed", "{more}"),
        ("int_7_policy_shares__weighed", "int_7_entries__shared"),
    ),
}
"""What a stage splits by, how its totals follow, and the models that read it."""
LEFT_OVER = 10**12
"""Quanta, a millionth: what whole rates leave over of a charge goes to its first request."""
SEEDS = st.integers(0, 2**31 - 1)
EXAMPLES = settings(max_examples=8)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Two days of the oracle's company, built once."""
    days = [measured(day) for day in DAYS[:2]]
    tables = {name: [row for day in days for row in day[name]] for name in days[0]}
    folder = tmp_path_factory.mktemp("properties")
    build(folder, {**company(), **tables}, "tag:day").close()
    return Bench(folder / "built.duckdb", folder / "target" / "compiled")


def set_amounts(bench: Bench, stage: Stage, seed: int, sign: str = "") -> None:
    """Give every charge of a stage's input another amount in every measure, of either sign."""
    changed = (
        f"case when {name} is not null then {sign}("
        f"cast(hash(charge_key, {seed}, {place}) % {2 * MOST} as hugeint) - {MOST}) end as {name}"
        for place, name in enumerate(bench.columns(stage.given))
        if name.endswith("_cost_quanta")
    )
    bench.restore(stage.given)
    bench.change(stage.given, f"select * replace ({', '.join(changed)}) from given")


@pytest.mark.parametrize("name", STAGES)
def test_every_quantum_of_a_charge_is_given_to_somebody(bench: Bench, name: str) -> None:
    stage = STAGES[name]

    @EXAMPLES
    @given(seed=SEEDS)
    def holds(seed: int) -> None:
        set_amounts(bench, stage, seed)
        bench.run(stage.models)
        before = bench.amounts(stage.given, "charge_key")
        after = bench.amounts(stage.models[-1], stage.key)
        shared = before.keys() & after.keys()
        assert len(shared) >= MOST_FEW
        assert {key: after[key] for key in shared} == {key: before[key] for key in shared}

    holds()
    bench.restore(stage.given)


@pytest.mark.parametrize("name", STAGES)
def test_a_refund_is_split_like_its_charge(bench: Bench, name: str) -> None:
    stage = STAGES[name]

    @EXAMPLES
    @given(seed=SEEDS)
    def holds(seed: int) -> None:
        set_amounts(bench, stage, seed)
        bench.run(stage.models)
        charged = bench.rows(stage.models[-1], sign="-")
        set_amounts(bench, stage, seed, "-")
        bench.run(stage.models)
        assert bench.rows(stage.models[-1]) == charged

    holds()
    bench.restore(stage.given)


@pytest.mark.parametrize("model", ORDERED)
def test_the_order_of_rows_changes_nothing_and_neither_does_a_second_run(
    bench: Bench, model: str
) -> None:
    bench.run([model])
    before = bench.rows(model)
    assert before
    for seed in range(3):
        bench.change(ORDERED[model], f"from given order by hash(given, {seed})")
        bench.run([model])
        assert bench.rows(model) == before
        bench.run([model])
        assert bench.rows(model) == before
    bench.restore(ORDERED[model])


def test_who_holds_longer_never_pays_less(bench: Bench) -> None:
    """A pod that holds its GPUs longer in an hour pays no less of it, and the others no more."""
    held = "int_2_gpu_time__integrated"
    split = "int_3_workload_hours__split"
    charges = "int_2_charge_hours__spread"

    def paid() -> dict[tuple[str, str, str], int]:
        rows = bench.connection.execute(
            f"select charge_key, hour_start::varchar, pod, sum(billed_cost_quanta) "
            f"from {bench.name(split)} where pod <> '' group by all"
        ).fetchall()
        return {(charge, hour, pod): int(amount) for charge, hour, pod, amount in rows}

    @EXAMPLES
    @given(pod=st.sampled_from(sorted(PODS)), times=st.integers(2, 9))
    def holds(pod: str, times: int) -> None:
        bench.restore(held)
        bench.run([split])
        before = paid()
        longer = ", ".join(
            f"case when pod = '{pod}' then {times} * {name} else {name} end as {name}"
            for name in ("held_ms", "busy_ms")
        )
        bench.change(held, f"select * replace ({longer}) from given")
        bench.run([split])
        after = paid()
        assert any(key[2] == pod for key in before)
        for key, amount in before.items():
            assert after[key] >= amount - 1 if key[2] == pod else after[key] <= amount + 1

    bench.change(charges, "from given where billed_cost_quanta > 0")
    holds()
    bench.restore(held)
    bench.restore(charges)


@pytest.mark.parametrize("name", USED)
def test_who_uses_more_never_pays_less(bench: Bench, name: str) -> None:
    basis, totals, models = USED[name]
    charges = STAGES[name].given

    def paid() -> dict[tuple[str, str], int]:
        bench.run(models)
        amounts = f"select charge_key, team, sum(billed_cost_quanta) from {bench.name(models[-1])}"
        rows = bench.connection.execute(f"{amounts} group by all").fetchall()
        return {(charge, team): int(amount) for charge, team, amount in rows}

    bench.change(charges, "from given where billed_cost_quanta > 0")
    before = paid()
    users = bench.connection.execute(f"select distinct team from {bench.name(basis)}").fetchall()
    raised: set[tuple[str, str]] = set()
    for (team,) in users:
        more = f"case when team = '{team}' then 3 * basis else basis end as basis"
        bench.change(basis, totals.format(more=f"select * replace ({more}) from given"))
        after = paid()
        more_paid = {key: after[key] - before[key] for key in before if key[1] == team}
        assert min(more_paid.values(), default=0) >= -LEFT_OVER
        raised |= {key for key, amount in more_paid.items() if amount > LEFT_OVER}
    assert len(raised) >= MOST_FEW
    bench.restore(basis)
    bench.restore(charges)


CALLS = """
    select given.* replace (
        request_id || '/' || copy as request_id,
        usage_date + to_milliseconds(hash(request_id, copy, 1) % 86400000) as started_at,
        usage_date + to_milliseconds(
            hash(request_id, copy, 1) % 86400000 + hash(request_id, copy, 2) % 900000
        ) as completed_at,
        case when hash(request_id, copy, 3) % 9 > 0 then 'success' else 'failure' end as status,
        hash(request_id, copy, 4) % 11 = 0 as is_gateway_cache_hit,
        case when hash(request_id, copy, 5) % 5 > 0
            then md5((hash(request_id, copy, 6) % 6)::varchar) end as prompt_hmac
    )
    from given cross join range(40) as copies (copy)
"""
CALLER = (
    "usage_date, deployment, gateway_team, api_key_alias, gen_ai_request_model, "
    "gen_ai_operation_name, prompt_hmac"
)
KEYS = (
    "usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id"
)


def test_repeated_prompts_are_those_that_a_log_read_line_by_line_tells(bench: Bench) -> None:
    bench.change("stg_inference__requests", CALLS)
    bench.run(["int_5_request_patterns__summed"])
    found = bench.connection.execute(
        "select request_pattern, repeated_within_minutes, sum(request_count)::int "
        f"from {bench.name('int_5_request_patterns__summed')} group by all"
    ).fetchall()
    expected: Counter[tuple[str, int]] = Counter()
    answered: dict[tuple[object, ...], datetime] = {}
    for status, is_known, started, completed, *caller in bench.connection.execute(
        f"select status, prompt_hmac is not null, started_at, completed_at, {CALLER} "
        f"from {bench.name('stg_inference__requests')} "
        f"inner join {bench.name('int_5_request_deployments__resolved')} using ({KEYS}) "
        "where hosting = 'api' and not is_gateway_cache_hit order by started_at, request_id"
    ).fetchall():
        before = answered.get(tuple(caller))
        if status == "failure":
            expected["failed", 0] += 1
            continue
        if not is_known or before is None:
            expected["first" if is_known else "other", 0] += 1
        elif before > started:
            expected["duplicate", 0] += 1
        else:
            waited = (started - before).total_seconds() / 60
            expected["repeat", next(m for m in MINUTES if waited <= m)] += 1
        answered[tuple(caller)] = completed
    assert {(pattern, minutes): count for pattern, minutes, count in found} == expected
    assert {pattern for pattern, _ in expected} == PATTERNS
    bench.restore("stg_inference__requests")


@pytest.fixture
def trace(bench: Bench, sample_data: Path, tmp_path: Path) -> Iterator[Trace]:
    """An hour of conversations, mounted as calls to a model API."""
    path = sample_data / "inference" / "mooncake-fast25" / "conversation_trace.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"the public sample data is not beside the repository ({path})")
    calls = logged(path)
    calls.write_parquet(tmp_path / "calls.parquet")
    bench.change("inference_requests", f"from read_parquet('{tmp_path}/calls.parquet')")
    bench.run(["stg_inference__requests"])
    keys = f"select distinct {KEYS} from {bench.name('stg_inference__requests')}"
    bench.change(
        "int_5_request_deployments__resolved",
        f"select *, 'kimi' as model, 'kimi' as deployment, 'online_inference' as purpose, "
        f"'api' as hosting from ({keys})",
    )
    bench.run(["int_5_prompt_prefixes__summed", "int_5_request_patterns__summed"])
    yield in_order(calls)
    for table in ("inference_requests", "int_5_request_deployments__resolved"):
        bench.restore(table)
    bench.run(["stg_inference__requests"])


@pytest.mark.data
def test_a_prompt_cache_reads_what_a_replay_call_by_call_reads(bench: Bench, trace: Trace) -> None:
    columns = ", ".join(f"sum(prefix_tokens_within_{minutes})::bigint" for minutes in MINUTES)
    ((tokens, *found),) = bench.connection.execute(
        f"select sum(prompt_tokens)::bigint, {columns} "
        f"from {bench.name('int_5_prompt_prefixes__summed')}"
    ).fetchall()
    assert found == [read_from(trace, minutes) for minutes in MINUTES]
    assert round(found[-1] / tokens, 3) == 0.374  # Mooncake's own hit ratio without a limit
    for minutes, replayed in zip(MINUTES[:2], found[:2], strict=True):
        lru = read_by_lru(trace, resident(trace, minutes))
        assert abs(replayed - lru) / tokens <= 0.01


@pytest.mark.data
def test_whole_prompts_seldom_come_again(bench: Bench, trace: Trace) -> None:
    ((repeats,),) = bench.connection.execute(
        "select sum(request_count)::bigint "
        f"from {bench.name('int_5_request_patterns__summed')} where request_pattern <> 'first'"
    ).fetchall()
    assert round(repeats / len(trace), 4) == 0.0098
