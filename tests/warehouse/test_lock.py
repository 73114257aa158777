import os
import signal
from pathlib import Path
from typing import Any

import pytest

from apportion.errors import Busy
from tests.warehouse.faults import CONTEXT
from warehouse.lock import LOCK_FILE, writer


def hold(home: Path, ours: Any) -> None:
    with writer(home, "build of 2026-10-01"):
        ours.send("held")
        ours.poll(60)


@pytest.mark.parametrize("end", [signal.SIGKILL, None])
def test_one_process_writes_and_others_are_told_which(
    home: Path, end: signal.Signals | None
) -> None:
    theirs, ours = CONTEXT.Pipe()
    holder = CONTEXT.Process(target=hold, args=(home, ours))
    holder.start()
    assert theirs.poll(60)
    with (
        pytest.raises(Busy, match="WAREHOUSE_BUSY") as refusal,
        writer(home, "gate of 2026-10-01-1"),
    ):
        pass
    assert refusal.value.exit_code == 5
    assert refusal.value.is_transient
    assert f"build of 2026-10-01 (process {holder.pid}, since 20" in refusal.value.message

    if end:
        os.kill(holder.pid or 0, end)
    theirs.send("let go")
    holder.join()
    with writer(home, "afterwards"):
        assert f'"pid": {os.getpid()}' in (home / LOCK_FILE).read_text()


def test_an_error_lets_go(home: Path) -> None:
    with pytest.raises(ValueError, match="wrong"), writer(home, "build"):
        raise ValueError("wrong")
    with writer(home, "build"):
        pass


def test_a_holder_that_says_nothing_still_holds(home: Path) -> None:
    with writer(home, "build"):
        (home / LOCK_FILE).write_text("")
        with pytest.raises(Busy, match="held by another process"), writer(home, "gate"):
            pass


def test_two_homes_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with writer(tmp_path / "one", "build"), writer(tmp_path / "other", "build"):
        pass
