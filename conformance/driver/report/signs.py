# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a cell of the page can say, and how tests of one requirement come to one cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..transcript import TestRecord
from ..verdict import Outcome, Verdict


class State(StrEnum):
    """The state of a cell; the letter is its class in the page."""

    FAIL = "f"
    UNEXPECTED = "u"
    DEVIATION = "d"
    PASS = "p"
    OBSERVED = "o"
    SKIP = "s"
    NONE = "n"


@dataclass(frozen=True)
class Sign:
    """How a state looks: a symbol, so that colour is not needed, and words."""

    symbol: str
    words: str
    meaning: str


# The worst first: a cell for several tests shows the first that one of them has.
SIGNS = {
    State.FAIL: Sign("✗", "fail", "a test that covers it failed"),
    State.UNEXPECTED: Sign("↑", "unexpected", "passes, although listed as a known deviation"),
    State.DEVIATION: Sign("≠", "deviation", "fails as the list of known deviations says"),
    State.PASS: Sign("✓", "pass", "every test that ran passed"),
    State.OBSERVED: Sign("○", "observed", "recorded without a verdict: the TLFS is open"),
    State.SKIP: Sign("–", "skip", "the implementation or the machine lacks what the test needs"),
    State.NONE: Sign("·", "not tested", "no test in this run covers it"),
}
_OF_OUTCOME = {
    Outcome.PASS: State.PASS,
    Outcome.FAIL: State.FAIL,
    Outcome.SKIP: State.SKIP,
    Outcome.XFAIL: State.DEVIATION,
    Outcome.XPASS: State.UNEXPECTED,
}


def observes(test: TestRecord) -> bool:
    """Whether the test records what it sees and judges nothing."""
    return bool(test.requirements) and all(item.startswith("GAP-") for item in test.requirements)


def state_of(verdict: Verdict | None) -> State:
    """The state of one test on one target."""
    if verdict is None:
        return State.NONE
    state = _OF_OUTCOME[verdict.outcome]
    return State.OBSERVED if state is State.PASS and observes(verdict.test) else state


def combined(states: Iterable[State]) -> State:
    """The state of a requirement that tests of these states cover."""
    states = set(states)
    return next((state for state in SIGNS if state in states), State.NONE)
