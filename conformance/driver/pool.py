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

    A task ends soon after a stop is requested. An interruption requests one, and so does a task that
    raises; it goes on when every task has ended; those that had not begun do not.
    """
    waiting = deque(enumerate(tasks))
    finished = SimpleQueue[tuple[int, BaseException | None]]()

    def work() -> None:
        while waiting and not stop.requested:
            with contextlib.suppress(IndexError):
                number, task = waiting.popleft()
                finished.put((number, _error_of(task)))

    threads = [Thread(target=work) for _ in range(min(jobs, len(tasks)))]
    try:
        for thread in threads:
            thread.start()
        for _ in tasks:
            number, error = _next(finished)
            if error is not None:
                raise error
            ended(number)
    except BaseException:
        stop.request()
        for thread in threads:
            _join(thread)
        raise


def _error_of(task: Callable[[], None]) -> BaseException | None:
    """Runs the task in its thread, which would keep the error to itself."""
    try:
        task()
    except BaseException as error:
        return error
    return None


def _next(
    finished: SimpleQueue[tuple[int, BaseException | None]],
) -> tuple[int, BaseException | None]:
    # With a limit, as a signal that comes just before the thread falls asleep does not wake it.
    while True:
        with contextlib.suppress(Empty):
            return finished.get(timeout=0.2)


def _join(thread: Thread) -> None:
    # Whoever presses Ctrl-C once more must not leave guests behind.
    while thread.ident is not None and thread.is_alive():
        with contextlib.suppress(KeyboardInterrupt):
            thread.join()
