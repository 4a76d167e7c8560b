# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Work done side by side, each worker with a build tree of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from .bench import Bench

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_all(
    benches: Sequence[Bench],
    items: Sequence[Item],
    work: Callable[[Bench, Item], Result],
    done: Callable[[Result], None],
) -> list[Result]:
    """Calls work for each item and done with its result, one at a time; the results in order."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(items)):
        waiting.put(index)
    results: dict[int, Result] = {}
    errors: list[BaseException] = []
    lock = threading.Lock()

    def serve(bench: Bench) -> None:
        while not errors:
            try:
                index = waiting.get_nowait()
                result = work(bench, items[index])
            except queue.Empty:
                return
            except BaseException as error:  # handed on to the caller below
                errors.append(error)
                return
            with lock:
                results[index] = result
                done(result)

    threads = [threading.Thread(target=serve, args=(bench,), daemon=True) for bench in benches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[index] for index in range(len(items))]
