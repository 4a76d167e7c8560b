# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The mutants of a C file: each is the file with one small change that may well be a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import ctokens, statements
from .ctokens import Source
from .statements import Condition, Statement

# Where a comparison goes wrong at its edge, and operators that are taken for one another.
_SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "&&": "||", "||": "&&",
    "+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "<<": ">>", ">>": "<<",
    "&": "|", "|": "&", "^": "&",
    "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "<<=": ">>=", ">>=": "<<=",
    "++": "--", "--": "++",
}  # fmt: skip
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+|HV_\w+|Hv[A-Z]\w+")
# Constants that are single bits.
_FLAG = re.compile(r"(HV_(PRIVILEGE|FEATURE|RECOMMEND|HARDWARE|CPU|CRASH_CTL|ACCESS)|NPT|EPT)_\w+")
_NO_CONSTANTS = {"NULL"}
_NUMBER = re.compile(r"(0[xX])?([0-9a-fA-F]+)([uUlL]*)")
# What ends an operand of && or ||, besides brackets.
_EDGES = {"?", ":", ",", ";", "=", "return", "|=", "&="}


@dataclass(frozen=True)
class Mutant:
    """One change: the text between begin and end becomes the replacement."""

    file: str
    function: str  # empty outside of functions
    begin: int
    end: int
    replacement: str
    line: int
    before: str  # the lines that it touches, blanks squeezed
    after: str

    def apply(self, text: str) -> str:
        """The file with the change."""
        return text[: self.begin] + self.replacement + text[self.end :]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.before}  =>  {self.after}"


def generate(file: str, text: str) -> list[Mutant]:
    """Returns the mutants of a file in the order of their places."""
    source = ctokens.parse(text)
    changes = {
        (begin, end, replacement)
        for begin, end, replacement in _changes(source)
        if text[begin:end] != replacement
    }
    return [_describe(file, source, *change) for change in sorted(changes)]


def _describe(file: str, source: Source, begin: int, end: int, replacement: str) -> Mutant:
    text = source.text
    first = text.rfind("\n", 0, begin) + 1
    last = text.find("\n", end)
    index = next(i for i, token in enumerate(source.tokens) if token.end > begin)
    function = source.function_at(index)
    return Mutant(
        file,
        "" if function is None else function.name,
        begin,
        end,
        replacement,
        text.count("\n", 0, begin) + 1,
        " ".join(text[first:last].split()),
        " ".join((text[first:begin] + replacement + text[end:last]).split()),
    )


def _changes(source: Source) -> Iterator[tuple[int, int, str]]:
    skipped = _skipped(source)
    for index, token in enumerate(source.tokens):
        if index in skipped:
            continue
        if token.kind == "sign":
            yield from _change_sign(source, index)
        elif token.kind == "number":
            yield from _change_number(source, index)
        elif token.kind == "word":
            yield from _change_word(source, index)
    for function in source.functions:
        for item in statements.walk(source, function):
            if isinstance(item, Condition):
                yield _negate(source, item.first, item.last)
            else:
                yield from _change_statement(source, item, function.returns)


def _skipped(source: Source) -> set[int]:
    """Tokens that say nothing at run time: assertions of the compiler, types, parameter lists."""
    skipped: set[int] = set()
    tokens = source.tokens
    for index, token in enumerate(tokens):
        if token.text in ("_Static_assert", "__attribute__"):
            skipped.update(range(index, source.partner[index + 1] + 1))
        elif token.text in ("struct", "enum") and tokens[index + 2].text == "{":
            skipped.update(range(index, source.partner[index + 2] + 1))
    for function in source.functions:
        closing = function.open - 1
        skipped.update(range(source.partner[closing], closing + 1))
        for item in statements.walk(source, function):
            if isinstance(item, Statement) and item.kind == "declaration":
                skipped.update(_sizes(source, item))
    return skipped


def _sizes(source: Source, declaration: Statement) -> Iterator[int]:
    """The sizes of arrays: what stands in brackets before the first '='."""
    for index in range(declaration.first, declaration.last):
        if source.tokens[index].text == "=":
            return
        if source.tokens[index].text == "[":
            yield from range(index, source.partner[index])


def _change_sign(source: Source, index: int) -> Iterator[tuple[int, int, str]]:
    token = source.tokens[index]
    if token.text in ("!", "~"):
        yield token.begin, token.end, ""
    elif token.text in ("++", "--") or (token.text in _SWAPS and source.spaced(index)):
        yield token.begin, token.end, _SWAPS[token.text]
    if token.text in ("&&", "||"):
        yield from _drop_operands(source, index)
    if token.text == "?":
        first = _edge(source, index, -1, _EDGES)
        if first < index:
            yield _negate(source, first, index - 1)


def _change_number(source: Source, index: int) -> Iterator[tuple[int, int, str]]:
    token = source.tokens[index]
    match = _NUMBER.fullmatch(token.text)
    if match is None:
        return
    prefix, digits, suffix = match[1] or "", match[2], match[3]
    value = int(digits, 16 if prefix else 10)
    for other in (value + 1, value - 1):
        if other >= 0:
            shown = f"{prefix}{other:X}" if prefix else str(other)
            yield token.begin, token.end, shown + suffix


def _change_word(source: Source, index: int) -> Iterator[tuple[int, int, str]]:
    token, after = source.tokens[index], source.tokens[min(index + 1, len(source.tokens) - 1)]
    if token.text in ("true", "false"):
        yield token.begin, token.end, "false" if token.text == "true" else "true"
    elif (
        _CONSTANT.fullmatch(token.text)
        and token.text not in _NO_CONSTANTS
        and after.text != "("
        and not _is_name(source, index)
    ):
        other = "<< 1" if _FLAG.fullmatch(token.text) else "+ 1"
        yield token.begin, token.end, f"({token.text} {other})"


def _is_name(source: Source, index: int) -> bool:
    """Whether the word is a member's name or an argument that becomes part of one."""
    before = source.tokens[index - 1].text if index else ""
    return before in (".", "->", "struct", "enum", "#", "##")


def _change_statement(
    source: Source, item: Statement, returns: str
) -> Iterator[tuple[int, int, str]]:
    begin, end = source.span(item.first, item.last)
    if item.kind in ("expression", "jump", "return"):
        yield begin, end, ";"
    if item.kind != "return" or item.last == item.first + 1:
        return
    begin, end = source.span(item.first + 1, item.last - 1)
    value = source.text[begin:end]
    if "bool" in returns.split() and value not in ("true", "false"):
        yield begin, end, f"!({value})"
    if "hv_status" in returns.split() and value != "HV_STATUS_SUCCESS":
        yield begin, end, f"(({value}), HV_STATUS_SUCCESS)"


def _negate(source: Source, first: int, last: int) -> tuple[int, int, str]:
    begin, end = source.span(first, last)
    return begin, end, f"!({source.text[begin:end]})"


def _drop_operands(source: Source, index: int) -> Iterator[tuple[int, int, str]]:
    """Makes an operand of && or || count for nothing: the check that was forgotten."""
    operator = source.tokens[index].text
    edges = _EDGES | ({"&&", "||"} if operator == "&&" else {"||"})
    neutral = "true" if operator == "&&" else "false"
    first = _edge(source, index, -1, edges)
    last = _edge(source, index, 1, edges)
    # The left operand of a later operator of a chain is the right one of the operator before.
    if first == 0 or source.tokens[first - 1].text != operator:
        yield (*source.span(first, index - 1), neutral)
    yield (*source.span(index + 1, last), neutral)


def _edge(source: Source, index: int, step: int, edges: set[str]) -> int:
    """The last token of the operand that begins beside the operator, in that direction."""
    inward, outward = ("([{", ")]}") if step > 0 else (")]}", "([{")
    index += step
    while True:
        text = source.tokens[index].text
        if text in edges or text in outward:
            return index - step
        index = source.partner[index] if text in inward else index
        index += step
