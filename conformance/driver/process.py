# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A guest that runs: the target script as a child process, read with a time limit."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

from .errors import DriverError, Interrupted
from .protocol import printable

CHUNK = 1 << 16
MAX_MESSAGES = 1 << 14
# How long output may still come from others when the script itself has ended.
ORPHAN_GRACE = 1.0

# The exit statuses of a target script; targets/README.md.
STATUS_TIMEOUT = 124
STATUS_SETUP = 125
STATUS_NONE = 126


class Stop:
    """A request to stop all guests, which wakes whoever waits for one."""

    def __init__(self) -> None:
        self.requested = False
        # The end that is read becomes ready, for good and for everybody, when the other is closed.
        self._reader, self._writer = os.pipe()

    def request(self) -> None:
        """Asks all to stop; once is enough."""
        if not self.requested:
            self.requested = True
            os.close(self._writer)

    def fileno(self) -> int:
        """What a selector can wait for."""
        return self._reader


class GuestProcess:
    """Runs a target script in a process group of its own, which leaving the context ends."""

    def __init__(
        self,
        command: list[str],
        environment: Mapping[str, str],
        stop: Stop | None = None,
        has_input: bool = False,
    ) -> None:
        self._messages = bytearray()
        self._mark = f"HVKIT_GUEST={uuid.uuid4().hex}"
        self._process = _start(command, dict(environment), self._mark, has_input)
        assert self._process.stdout is not None and self._process.stderr is not None
        self._stdout = self._process.stdout.fileno()
        self._stderr = self._process.stderr.fileno()
        if self._process.stdin is not None:
            os.set_blocking(self._process.stdin.fileno(), False)
        self._listeners: dict[int, Callable[[], None]] = {}
        self._stop = stop
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        for descriptor in (self._stdout, self._stderr):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ)
        if stop is not None:
            self._selector.register(stop, selectors.EVENT_READ)

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
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    @property
    def messages(self) -> str:
        """The end of what the script wrote on stderr."""
        text = self._messages.decode(errors="replace").replace("\r", "")
        return "\n".join(printable(line) for line in text.splitlines()).strip()

    def read(self, timeout: float | None) -> bytes | None:
        """Returns serial output as soon as there is some, b'' at its end, None if time is up.

        Raises Interrupted when a stop is requested.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            # Before waiting: what it writes as its last comes before its end.
            ended = self._process.poll() is not None
            ready = self._select(deadline)
            self._check_stop()
            if self._stderr in ready:
                self._read_messages()
            for descriptor in ready & self._listeners.keys():
                self._listeners[descriptor]()
            if self._stdout in ready:
                return self._read_output()
            if not ready and ended:
                # Something that the script left behind holds its output open, and says nothing.
                return b""
            if deadline is not None and time.monotonic() >= deadline:
                return None

    def write(self, data: bytes) -> None:
        """Sends it to the script's input; what finds no room there, or nobody, is lost."""
        assert self._process.stdin is not None
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._process.stdin.fileno(), data)

    @contextlib.contextmanager
    def listening(self, descriptor: int, listener: Callable[[], None]) -> Iterator[None]:
        """Calls the function whenever read() finds that there is something to read from the descriptor."""
        self._listeners[descriptor] = listener
        self._selector.register(descriptor, selectors.EVENT_READ)
        try:
            yield
        finally:
            del self._listeners[descriptor]
            self._selector.unregister(descriptor)

    def _select(self, deadline: float | None) -> set[int]:
        wait = ORPHAN_GRACE
        if deadline is not None:
            wait = min(wait, max(0.0, deadline - time.monotonic()))
        return {key.fd for key, _ in self._selector.select(wait)}

    def wait(self, timeout: float) -> int | None:
        """Returns the exit status of the script once its output has ended, None if it stays."""
        deadline = time.monotonic() + timeout
        while self._process.poll() is None and time.monotonic() < deadline:
            self._check_stop()
            for key, _ in self._selector.select(0.05):
                if key.fd == self._stderr:
                    self._read_messages()
                elif key.fd == self._stdout:
                    self._read_output()
        self._read_messages()
        status = self._process.poll()
        # Killed by a signal: nothing was reported.
        return STATUS_NONE if status is not None and status < 0 else status

    def stop(self) -> None:
        """Ends the script and all that it started."""
        self._stopping = True
        if self._stop is not None:
            self._unregister(self._stop.fileno())
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            self.wait(5)
        self._signal(signal.SIGKILL)
        self._process.wait()
        _kill_marked(self._mark)

    def _check_stop(self) -> None:
        if self._stop is not None and self._stop.requested and not self._stopping:
            raise Interrupted

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


def run_setup(
    command: list[str], stop: Stop | None, environment: Mapping[str, str] | None = None
) -> int:
    """Runs a command that talks to the user, and returns its exit status."""
    # One that may have to ask for a password must stay in the terminal's own process group.
    group = None if sys.stdin is not None and sys.stdin.isatty() else 0
    try:
        process = subprocess.Popen(
            command, stdout=sys.stderr, process_group=group, env=environment
        )
    except OSError as error:
        raise _cannot_execute(command[0], error) from error
    try:
        while process.poll() is None:
            if stop is not None and stop.requested:
                raise Interrupted
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    except BaseException:
        _end(process, group is not None)
        raise
    return process.returncode


def _end(process: subprocess.Popen[bytes], group: bool) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)


def _start(
    command: list[str], environment: dict[str, str], mark: str, has_input: bool
) -> subprocess.Popen[bytes]:
    name, _, value = mark.partition("=")
    try:
        return subprocess.Popen(
            command,
            env=environment | {name: value},
            stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        raise _cannot_execute(command[0], error) from error


def _cannot_execute(script: str, error: OSError) -> DriverError:
    return DriverError(
        f"cannot be executed: {error.strerror}", "check the script and its first line", script
    )


def _kill_marked(mark: str) -> None:
    """Ends what left the script's process group, and is known by its environment alone."""
    needle = mark.encode()
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if needle in (directory / "environ").read_bytes().split(b"\0"):
                os.kill(int(directory.name), signal.SIGKILL)
