# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A guest that runs: the target script as a child process, read with a time limit."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping
from types import TracebackType

CHUNK = 1 << 16
MAX_MESSAGES = 1 << 14

# The exit statuses of a target script; targets/README.md.
STATUS_TIMEOUT = 124
STATUS_SETUP = 125
STATUS_NONE = 126


class GuestProcess:
    """Runs a target script in a process group of its own, which leaving the context ends."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self._messages = bytearray()
        self._process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdout is not None and self._process.stderr is not None
        self._stdout = self._process.stdout.fileno()
        self._stderr = self._process.stderr.fileno()
        self._selector = selectors.DefaultSelector()
        for descriptor in (self._stdout, self._stderr):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ)

    def __enter__(self) -> GuestProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._selector.close()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    @property
    def messages(self) -> str:
        """The end of what the script wrote on stderr."""
        return self._messages.decode(errors="replace").strip()

    def read(self, timeout: float | None) -> bytes | None:
        """Returns serial output as soon as there is some, b'' at its end, None if time is up."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready = {key.fd for key, _ in self._selector.select(wait)}
            if self._stderr in ready:
                self._read_messages()
            if self._stdout in ready:
                return self._read_output()
            if deadline is not None and time.monotonic() >= deadline:
                return None

    def wait(self, timeout: float) -> int | None:
        """Returns the exit status of the script once its output has ended, None if it stays."""
        deadline = time.monotonic() + timeout
        while self._process.poll() is None and time.monotonic() < deadline:
            for key, _ in self._selector.select(0.05):
                if key.fd == self._stderr:
                    self._read_messages()
                else:
                    self._read_output()
        self._read_messages()
        status = self._process.poll()
        # Killed by a signal: nothing was reported.
        return STATUS_NONE if status is not None and status < 0 else status

    def stop(self) -> None:
        """Ends the script and all that it started."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            self.wait(5)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _read_output(self) -> bytes:
        data = os.read(self._stdout, CHUNK)
        if not data:
            self._unregister(self._stdout)
        return data

    def _read_messages(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._stderr, CHUNK)
            if not data:
                self._unregister(self._stderr)
            self._messages += data
            del self._messages[:-MAX_MESSAGES]

    def _unregister(self, descriptor: int) -> None:
        # At its end a pipe is always ready; it would keep the selector from waiting.
        if descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)
