# SPDX-License-Identifier: BSD-2-Clause-Patent
"""C source as tokens, and as much of its structure as the mutants need.

The source is in the format that clang-format gives all of it, which tells a binary operator from a
unary one by the blanks around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|[0-9]+[uUlL]*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[^\s\w])
    """,
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]|\\\n)*", re.MULTILINE)
_CONSTANT_DEFINITION = re.compile(r"[ \t]*#[ \t]*define[ \t]+\w+[ \t]+")
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class Token:
    """A token and where it stands in the text."""

    kind: str
    text: str
    begin: int
    end: int


@dataclass
class Function:
    """A function's name, its return type, and the indices of its braces among the tokens."""

    name: str
    returns: str
    open: int
    close: int


@dataclass
class Source:
    """A file taken apart."""

    text: str
    tokens: list[Token]
    # Of an opening bracket to its closing one, and back.
    partner: dict[int, int] = field(default_factory=dict)
    functions: list[Function] = field(default_factory=list)

    def function_at(self, index: int) -> Function | None:
        """The function in whose body the token stands."""
        return next((item for item in self.functions if item.open < index < item.close), None)

    def spaced(self, index: int) -> bool:
        """Whether the token has blanks on both sides."""
        token = self.tokens[index]
        return self.text[token.begin - 1].isspace() and self.text[token.end].isspace()

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the tokens from first to last stand in the text."""
        return self.tokens[first].begin, self.tokens[last].end


def parse(text: str) -> Source:
    """Takes a C file apart."""
    source = Source(text, list(_tokenize(_without_directives(text))))
    _pair(source)
    source.functions = list(_find_functions(source))
    return source


def _without_directives(text: str) -> str:
    """Blanks the preprocessor's lines but for the values of constants."""

    def blank(match: re.Match[str]) -> str:
        line = match[0]
        head = _CONSTANT_DEFINITION.match(line)
        if head is None or "\\\n" in line:
            return re.sub(r"[^\n]", " ", line)
        return " " * head.end() + line[head.end() :]

    return _DIRECTIVE.sub(blank, text)


def _tokenize(code: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or ""
        if kind != "comment":
            yield Token(kind, match[0], match.start(), match.end())


def _pair(source: Source) -> None:
    stack: list[int] = []
    for index, token in enumerate(source.tokens):
        if token.text in _OPENING and token.kind == "sign":
            stack.append(index)
        elif token.text in _CLOSING and token.kind == "sign" and stack:
            opening = stack.pop()
            source.partner[opening], source.partner[index] = index, opening


def _find_functions(source: Source) -> Iterator[Function]:
    """A brace behind a parameter list, outside of everything, opens a function."""
    tokens, start, index = source.tokens, 0, 0
    while index < len(tokens):
        text = tokens[index].text
        if text == "{" and index in source.partner:
            close = source.partner[index]
            if index > start and tokens[index - 1].text == ")":
                parameters = source.partner[index - 1]
                name = tokens[parameters - 1].text
                returns = " ".join(token.text for token in tokens[start : parameters - 1])
                yield Function(name, returns, index, close)
                start = close + 1
            index = close
        elif text in "([" and index in source.partner:
            index = source.partner[index]
        elif text == ";":
            start = index + 1
        index += 1
