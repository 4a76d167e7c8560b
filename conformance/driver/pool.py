# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tasks side by side."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Thread

from .process import Stop


def run(
    tasks: Sequence[Callable[[], None]], jobs: int, ended: Callable[[int], None], stop: Stop
) -> None:
    """Runs all tasks, so many at a time; calls ended() in this thread with the number of each.

    A task does not raise, and ends soon after a stop is requested. An interruption requests one and
    goes on when every task has ended; those that had not begun do not.
    """
    waiting, finished = deque(enumerate(tasks)), SimpleQueue[int]()

    def work() -> None:
        while waiting and not stop.requested:
            with contextlib.suppress(IndexError):
                number, task = waiting.popleft()
                try:
                    task()
                finally:
                    finished.put(number)

    threads = [Thread(target=work) for _ in range(min(jobs, len(tasks)))]
    try:
        for thread in threads:
            thread.start()
        for _ in tasks:
            ended(_next(finished))
    except BaseException:
        stop.request()
        for thread in threads:
            _join(thread)
        raise


def _next(finished: SimpleQueue[int]) -> int:
    # With a limit, as a signal that comes just before the thread falls asleep does not wake it.
    while True:
        with contextlib.suppress(Empty):
            return finished.get(timeout=0.2)


def _join(thread: Thread) -> None:
    # Whoever presses Ctrl-C once more must not leave guests behind.
    while thread.ident is not None and thread.is_alive():
        with contextlib.suppress(KeyboardInterrupt):
            thread.join()
