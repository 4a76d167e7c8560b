# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Headless Chromium, driven over a pipe by its DevTools protocol; needs nothing but chromium."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from types import TracebackType
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
PATIENCE = 60.0
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class BrowserError(Exception):
    """The browser refused a command, or is gone."""


class Browser:
    """A running browser; end it with close()."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(
            prefix="hvkit-chromium-", ignore_cleanup_errors=True
        )
        command_read, self._commands = os.pipe()
        self._answers, answer_write = os.pipe()
        # The browser reads commands from descriptor 3 and answers on 4.
        redirect = f'exec "$@" 3< /dev/fd/{command_read} 4> /dev/fd/{answer_write}'
        self._process = subprocess.Popen(
            ["sh", "-c", redirect, "sh", str(PROGRAM), *_FLAGS,
             f"--user-data-dir={self._profile.name}"],
            pass_fds=(command_read, answer_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(command_read)
        os.close(answer_write)
        self._buffer = bytearray()
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the browser and removes its profile."""
        with contextlib.suppress(BrowserError, OSError):
            self.call("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._commands)
        os.close(self._answers)
        self._profile.cleanup()

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Sends a command and returns its result."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._receive(deadline, method)
            if answer.get("id") != self._last:
                self.events.append(answer)
                continue
            if "error" in answer:
                raise BrowserError(f"{method}: {answer['error']['message']}")
            result: dict[str, Any] = answer["result"]
            return result

    def wait_event(self, method: str, session: str) -> None:
        """Waits until such an event has come, and forgets it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for event in self.events:
                if event["method"] == method and event.get("sessionId") == session:
                    self.events.remove(event)
                    return
            self.events.append(self._receive(deadline, method))

    def _receive(self, deadline: float, what: str) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select(
                [self._answers], [], [], max(0.0, deadline - time.monotonic())
            )
            data = os.read(self._answers, 1 << 20) if ready else b""
            if not data:
                raise BrowserError(f"no answer to {what}")
            self._buffer += data
        line, _, rest = bytes(self._buffer).partition(b"\0")
        self._buffer = bytearray(rest)
        message: dict[str, Any] = json.loads(line)
        return message

    def page(self) -> Page:
        """A new tab."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, target, session)


class Page:
    """A tab; notes requests, errors and messages on the console as they come."""

    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Sends a command to the tab."""
        return self._browser.call(method, self._session, **parameters)

    def close(self) -> None:
        """Closes the tab."""
        self._browser.call("Target.closeTarget", targetId=self._target)

    def open(self, address: str) -> None:
        """Loads the page to its end."""
        # A fragment alone would not load anything.
        self.call("Page.navigate", url="about:blank")
        self._browser.wait_event("Page.loadEventFired", self._session)
        self.call("Page.navigate", url=address)
        self._browser.wait_event("Page.loadEventFired", self._session)

    def window(self, width: int, height: int, mobile: bool = False) -> None:
        """Sets the size of the window."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if mobile else 1,
            mobile=mobile,
        )

    def media(self, kind: str = "", scheme: str = "light") -> None:
        """Shows the page as on that medium, with that preference of colours."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=kind, features=features)

    def scripts(self, allowed: bool) -> None:
        """Allows or forbids the scripts of pages loaded from now on."""
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def run(self, expression: str) -> Any:
        """Evaluates JavaScript and returns its value."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(answer["exceptionDetails"]["exception"].get("description", "?"))
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """Clicks with the mouse in the middle of the first element that matches."""
        place = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=place[0],
                y=place[1],
                button="left",
                clickCount=1,
            )

    def type(self, text: str) -> None:
        """Types into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Presses a key and lets it go."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **({"text": text} if text and kind == "keyDown" else {}),
            )

    def requests(self) -> list[str]:
        """The addresses of all requests so far."""
        return [
            event["params"]["request"]["url"]
            for event in self._events("Network.requestWillBeSent")
        ]

    def complaints(self) -> list[str]:
        """What the console shows, and what the browser itself complains of."""
        return (
            [str(event["params"]["args"]) for event in self._events("Runtime.consoleAPICalled")]
            + [
                str(event["params"]["exceptionDetails"])
                for event in self._events("Runtime.exceptionThrown")
            ]
            + [event["params"]["entry"]["text"] for event in self._events("Log.entryAdded")]
        )

    def _events(self, method: str) -> list[dict[str, Any]]:
        return [
            event
            for event in self._browser.events
            if event["method"] == method and event.get("sessionId") == self._session
        ]
