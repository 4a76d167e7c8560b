# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The statements and conditions of a function's body, by the indices of their tokens."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from .ctokens import Function, Source

_TYPES = {"struct", "enum", "union", "const", "static", "unsigned", "signed", "volatile", "extern"}
_TYPE_NAMES = ("void", "bool", "int", "char", "size_t", "uintptr_t", "hv_status", "_Atomic")


@dataclass(frozen=True)
class Statement:
    """A statement without a body: from its first token to its semicolon."""

    first: int
    last: int
    kind: str  # declaration, return, jump, void, expression


@dataclass(frozen=True)
class Condition:
    """What an if or a loop decides on."""

    first: int
    last: int


def walk(source: Source, function: Function) -> Iterator[Statement | Condition]:
    """Yields the simple statements and the conditions of a function, in their order."""
    yield from _Walker(source).block(function.open)


class _Walker:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._tokens = source.tokens

    def block(self, opening: int) -> Iterator[Statement | Condition]:
        index, close = opening + 1, self._source.partner[opening]
        while index < close:
            index = yield from self._statement(index)

    def _statement(self, index: int) -> Generator[Statement | Condition, None, int]:
        """Yields what the statement has; its value is the index behind it."""
        text = self._tokens[index].text
        if text == "{":
            yield from self.block(index)
            return self._source.partner[index] + 1
        if text in ("if", "while", "switch", "for"):
            yield from self._head(text, index + 1)
            index = yield from self._statement(self._source.partner[index + 1] + 1)
            if text == "if" and self._tokens[index].text == "else":
                index = yield from self._statement(index + 1)
            return index
        if text == "do":
            index = yield from self._statement(index + 1)
            yield from self._head("while", index + 1)
            return self._source.partner[index + 1] + 2
        if text in ("case", "default"):
            return self._find(index, ":") + 1
        end = self._find(index, ";")
        if end > index:
            yield Statement(index, end, self._kind(index))
        return end + 1

    def _head(self, keyword: str, opening: int) -> Iterator[Condition]:
        first, last = opening + 1, self._source.partner[opening] - 1
        if keyword == "for":
            first = self._find(first, ";") + 1
            last = self._find(first, ";") - 1
        if keyword != "switch" and first <= last:
            yield Condition(first, last)

    def _find(self, index: int, text: str) -> int:
        """The next token of that text that is not inside brackets."""
        while self._tokens[index].text != text:
            index = self._source.partner[index] if self._tokens[index].text in "([{" else index
            index += 1
        return index

    def _kind(self, index: int) -> str:
        word, after = self._tokens[index].text, self._tokens[index + 1].text
        if word == "return":
            return "return"
        if word in ("break", "continue", "goto"):
            return "jump"
        if word == "(" and after == "void":
            return "void"
        named = word in _TYPE_NAMES or word.endswith("_t") or word.startswith("guest_word")
        if word in _TYPES or (named and self._tokens[index + 1].kind == "word") or (
            named and after in ("*", "(")
        ):
            return "declaration"
        return "expression"
