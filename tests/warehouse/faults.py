"""Processes that die, or meet a broken disk, at a chosen call that changes the disk."""

import io
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from errno import EIO, ENOSPC
from pathlib import Path
from typing import Any

CALLS = ("chmod", "fsync", "link", "mkdir", "rename", "replace", "rmdir", "symlink", "unlink")
"""Besides opening and writing files: how a Python process changes the disk."""

KILLS = ("before", "torn", "after")
ERRORS = {"full": ENOSPC, "broken": EIO}
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", "pytest", "tests.warehouse.publishing"])


@dataclass
class Fault:
    """What happens at the `at`-th call that changes the disk (0: nothing ever does).

    Attributes:
        at: which call, from 1.
        mode: `before` and `after` kill the process around the call, `torn` in the middle of a
            write; `full` and `broken` let this call and all later ones fail, as a disk does.
        calls: the names of the calls so far.
    """

    at: int
    mode: str
    calls: list[str] = field(default_factory=list)

    def arm(self) -> None:
        """Watch every call of this process that changes the disk."""
        for name in CALLS:
            setattr(os, name, self._watched(name, getattr(os, name)))
        os.fsync = self._watched("fsync", lambda _: None)  # a killed process keeps its page cache
        io.open = self._open

    def meet(self, name: str, call: Callable[[], Any], half: Callable[[], Any]) -> Any:
        """Make a call, or what becomes of it."""
        self.calls.append(name)
        number = len(self.calls)
        if self.at and number >= self.at and self.mode in ERRORS:
            raise OSError(ERRORS[self.mode], os.strerror(ERRORS[self.mode]))
        if number != self.at:
            return call()
        try:
            {"before": lambda: None, "torn": half, "after": call}[self.mode]()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)

    def _watched(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self.meet(name, lambda: original(*args, **kwargs), lambda: None)

        return call

    def _open(self, file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if mode not in {"wb", "a"}:
            return OPEN(file, mode, *args, **kwargs)
        raw = self.meet("open", lambda: Watched(file, mode.removesuffix("b")), lambda: None)
        raw.fault = self
        return io.BufferedWriter(raw)


OPEN = io.open


class Watched(io.FileIO):
    """A file whose every write may be the last."""

    fault: Fault

    def write(self, content: Any) -> int:
        """Write through the fault."""
        write, half = super().write, bytes(content)[: len(content) // 2]
        result: int = self.fault.meet("write", lambda: write(content), lambda: write(half))
        return result


def _suffer(fault: Fault, answer: Any, act: Callable[..., object], args: tuple[Any, ...]) -> None:
    fault.arm()
    try:
        act(*args)
    except OSError:
        raise SystemExit(1) from None
    finally:
        answer.send(fault.calls)


def suffer(fault: Fault, act: Callable[..., object], *args: Any) -> int | None:
    """Do something in a process of its own that meets a fault.

    Returns:
        Its exit code: 0 done, 1 failed by the disk, negative: killed by that signal.
    """
    return _run(fault, act, args)[0]


def changes_of(act: Callable[..., object], *args: Any) -> list[str]:
    """The calls that change the disk when nothing goes wrong, by name."""
    code, calls = _run(Fault(0, "none"), act, args)
    assert code == 0
    return calls


def _run(fault: Fault, act: Callable[..., object], args: tuple[Any, ...]) -> tuple[int | None, Any]:
    ours, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_suffer, args=(fault, theirs, act, args))
    process.start()
    theirs.close()
    process.join()
    return process.exitcode, ours.recv() if process.exitcode == 0 else []


def copy_of(home: Path, target: Path) -> Path:
    """A home folder with the same files; none is ever written in place."""
    shutil.copytree(home, target, symlinks=True, copy_function=os.link)
    return target
