"""The parser of expressions: from text to a tree of frozen nodes, or an error with its column.

The syntax is that of CEL (https://github.com/google/cel-spec, langdef.md), without messages and bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from praya.kernel.number import exact

# Deeper than people write, and shallow enough for Python's recursion.
MOST_DEEP = 60
MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression; `text` is its source, which begins at column `at`, counted from 0."""

    text: str = field(compare=False, repr=False)
    at: int = field(compare=False, repr=False)

    def parts(self) -> "Iterator[Node]":
        """The child nodes, in the order of the source."""
        own: tuple[str, ...] = type(self).__match_args__[2:]  # behind `text` and `at`
        for name in own:
            value = getattr(self, name)
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                yield from (part for part in value if isinstance(part, Node))

    def walk(self) -> "Iterator[Node]":
        """The node and all its descendants, each before its own."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(tuple(node.parts())))


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, a text, true, false or null."""

    value: int | Fraction | str | bool | None


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable: `answers`, or the one that a macro binds."""

    name: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`of.name`."""

    of: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`of[key]`."""

    of: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`name(given, ...)`; in a method call, `x.name(...)`, `x` is the first argument."""

    name: str
    arguments: tuple[Node, ...]
    method: bool = False


@dataclass(frozen=True, slots=True)
class Macro(Node):
    """`of.name(variable, body)`: once for each item; `where` is the condition in `map(variable, where, body)`."""

    name: str
    of: Node
    variable: str
    where: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Listing(Node):
    """`[one, two]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """`{key: value}`."""

    keys: tuple[Node, ...]
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`!of`."""

    of: Node


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """`-of`."""

    of: Node


@dataclass(frozen=True, slots=True)
class Compared(Node):
    """`left sign right`, where the sign is one of `COMPARISONS`."""

    left: Node
    sign: str
    right: Node


@dataclass(frozen=True, slots=True)
class Reckoned(Node):
    """`terms[0] signs[0] terms[1] ...`: operators of equal precedence, evaluated from the left."""

    terms: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Both(Node):
    """`one && other && ...`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either(Node):
    """`one || other || ...`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`condition ? one : other`."""

    condition: Node
    one: Node
    other: Node


def named(node: Node) -> tuple[str, str] | None:
    """`root` and `name` of `root.name`; None for any other node."""
    if isinstance(node, Member) and isinstance(node.of, Name):
        return node.of.name, node.name
    if isinstance(node, Index) and isinstance(node.of, Name) and isinstance(node.key, Literal):
        return (node.of.name, node.key.value) if isinstance(node.key.value, str) else None
    return None


def of_each(node: Node) -> tuple[str, str] | None:
    """`repeat` and `question` of `answers.repeat.map(item, item.question)`; None for any other node."""
    if not isinstance(node, Macro) or node.name != "map" or node.where is not None:
        return None
    repeat, inner = named(node.of), named(node.body)
    if not repeat or not inner or (repeat[0], inner[0]) != ("answers", node.variable):
        return None
    return repeat[1], inner[1]


def path(node: Node) -> tuple[str, ...] | None:
    """The names of a path, such as `("parameters", "rate", "small")` of `parameters.rate['small']`; None otherwise."""
    names: list[str] = []
    while not isinstance(node, Name):
        if isinstance(node, Member):
            names.append(node.name)
        elif isinstance(node, Index) and isinstance(node.key, Literal) and isinstance(node.key.value, str):
            names.append(node.key.value)
        else:
            return None
        node = node.of
    return (node.name, *reversed(names))


def compared_words(node: Node) -> "Iterator[tuple[Node, str]]":
    """Each comparison of a node with a literal text: in `x == 'a'`, `'a' != x`, `x in ['a', 'b']` and `'a' in x`."""
    if not isinstance(node, Compared):
        return
    sides = [(node.left, node.right), (node.right, node.left)]
    if node.sign == "in" and isinstance(node.right, Listing):
        sides = [(node.left, item) for item in node.right.items]
    elif node.sign not in {"==", "!=", "in"}:
        return
    yield from ((of, to.value) for of, to in sides if isinstance(to, Literal) and isinstance(to.value, str))


def free(node: Node, bound: frozenset[str] = frozenset()) -> "Iterator[tuple[Node, frozenset[str]]]":
    """Every node, with the variables that enclosing macros bind."""
    yield node, bound
    if isinstance(node, Macro):
        yield from free(node.of, bound)
        inner = bound | {node.variable}
        for part in (node.where, node.body):
            if part is not None:
                yield from free(part, inner)
        return
    for part in node.parts():
        yield from free(part, bound)


class NotReadable(ValueError):
    """The text is not an expression; the message gives the column, counted from 1."""

    def __init__(self, at: int, what: str) -> None:
        super().__init__(f"column {at + 1}: {what}")


def parse(source: str) -> Node:
    """Parse an expression. Raises NotReadable."""
    node = _Reader(source).whole()
    level, depth = [node], 0
    while level:
        depth += 1
        if depth > MOST_DEEP:
            raise NotReadable(level[0].at, f"it is nested more than {MOST_DEEP} levels deep")
        level = [part for one in level for part in one.parts()]
    return node


_TOKEN = re.compile(
    r"""(?P<space>(?:\s|//[^\n]*)+)
    |(?P<number>0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,3})?)[uU]?
    |(?P<text>[rR]?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>&&|\|\||[!=<>]=|[-+*/%<>!?:.,()\[\]{}])""",
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
            "a": "\a", "b": "\b", "f": "\f", "v": "\v"}  # fmt: skip
_CONSTANTS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


_RANKS = {"?": 1, "||": 2, "&&": 3, **dict.fromkeys(COMPARISONS, 4), "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}


class _Reader:
    """A Pratt parser: an operator of higher rank (precedence) binds tighter."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = list(_tokens(source))
        self.next = 0
        self.depth = 0

    def whole(self) -> Node:
        """Parse the whole text as one expression."""
        node = self.expression()
        if self.now.kind != "end":
            raise self.wrong()
        return node

    @property
    def now(self) -> _Token:
        """The next token."""
        return self.tokens[self.next]

    def wrong(self, what: str = "") -> NotReadable:
        """The error for the next token."""
        if not what:
            what = "it ends too early" if self.now.kind == "end" else f"unexpected '{self.now.text[:40]}'"
        return NotReadable(self.now.at, what)

    def take(self, sign: str) -> bool:
        """Consume this operator or punctuation mark if it is next; return whether it was."""
        if self.now.text != sign or self.now.kind != "sign":
            return False
        self.next += 1
        return True

    def expect(self, sign: str) -> None:
        """Consume this operator or punctuation mark, which must be next."""
        if not self.take(sign):
            actual = "the end" if self.now.kind == "end" else f"'{self.now.text[:40]}'"
            raise self.wrong(f"expected '{sign}', found {actual}")

    def span(self, begins: int) -> tuple[str, int]:
        """The source from a token up to the last consumed one, and its column."""
        last = self.tokens[self.next - 1]
        at = self.tokens[begins].at
        return self.source[at : last.at + len(last.text)], at

    def deeper(self) -> None:
        """Enter one level of nesting. Raises NotReadable when it is too deep."""
        self.depth += 1
        if self.depth > MOST_DEEP:
            raise self.wrong(f"it is nested more than {MOST_DEEP} levels deep")

    def expression(self, least: int = 1) -> Node:
        """Parse terms joined by operators of at least this rank."""
        self.deeper()
        begins, node, last = self.next, self.prefix(), 0
        while self.now.kind in {"sign", "name"} and (rank := _RANKS.get(self.now.text, 0)) >= least:
            sign = self.now.text
            self.next += 1
            if sign == "?":
                one = self.expression()
                self.expect(":")
                node = Choice(self.source, 0, node, one, self.expression())
            else:
                node = _between(node, sign, self.expression(rank + 1), more=rank == last)
            node, last = replace(node, text=self.span(begins)[0], at=self.span(begins)[1]), rank
        self.depth -= 1
        return node

    def prefix(self) -> Node:
        """Parse `!x`, `-x` or a term without a prefix."""
        begins = self.next
        if not (self.now.kind == "sign" and self.now.text in {"!", "-"}):
            return self.behind()
        kind = Not if self.now.text == "!" else Negative
        self.next += 1
        self.deeper()
        of = self.prefix()
        self.depth -= 1
        return kind(*self.span(begins), of)

    def behind(self) -> Node:
        """Parse a primary term with its suffixes: `.name`, `[key]`, `.call(...)`."""
        begins = self.next
        node = self.primary()
        for _ in range(MOST_DEEP):
            if self.take("["):
                key = self.expression()
                self.expect("]")
                node = Index(*self.span(begins), node, key)
            elif self.take("."):
                if self.now.kind != "name":
                    raise self.wrong()
                name = self.now.text
                self.next += 1
                node = self.called(name, begins, node) if self.take("(") else Member(*self.span(begins), node, name)
            else:
                return node
        raise self.wrong("too many names in a row")

    def called(self, name: str, begins: int, of: Node | None) -> Node:
        """Parse the arguments of a call, after the opening bracket."""
        given = self.listed(")")
        if of is None and name == "has" and (len(given) != 1 or not isinstance(given[0], Member | Index)):
            raise self.wrong("has(...) asks for one answer, like has(answers.area)")
        if of is None or name not in MACROS:
            taken = given if of is None else (of, *given)
            return Call(*self.span(begins), name, taken, of is not None)
        most = 3 if name == "map" else 2
        if not 2 <= len(given) <= most or not isinstance(given[0], Name):
            raise self.wrong(
                f"{name}(...) needs a name for each item and what to do with it, like {name}(x, x.size > 1)"
            )
        return Macro(*self.span(begins), name, of, given[0].name, given[1] if len(given) > 2 else None, given[-1])

    def listed(self, closing: str) -> tuple[Node, ...]:
        """Parse expressions separated by commas, up to the closing bracket."""
        items: list[Node] = []
        while not self.take(closing):
            items.append(self.expression())
            if not self.take(","):
                self.expect(closing)
                break
        return tuple(items)

    def primary(self) -> Node:
        """Parse a literal, name, call, list, mapping or an expression in brackets."""
        begins, token = self.next, self.now
        self.next += 1
        if token.kind == "number":
            return Literal(*self.span(begins), _number(token))
        if token.kind == "text":
            return Literal(*self.span(begins), _text(token))
        if token.kind == "name" and token.text != "in":
            if token.text in _CONSTANTS:
                return Literal(*self.span(begins), _CONSTANTS[token.text])
            return self.called(token.text, begins, None) if self.take("(") else Name(*self.span(begins), token.text)
        if token.text == "(" and token.kind == "sign":
            node = self.expression()
            self.expect(")")
            return node
        if token.text == "[" and token.kind == "sign":
            items = self.listed("]")
            return Listing(*self.span(begins), items)
        if token.text == "{" and token.kind == "sign":
            return self.mapping(begins)
        self.next -= 1
        raise self.wrong()

    def mapping(self, begins: int) -> Node:
        """Parse `{key: value, ...}`, after the opening bracket."""
        keys, values = list[Node](), list[Node]()
        while not self.take("}"):
            keys.append(self.expression())
            self.expect(":")
            values.append(self.expression())
            if not self.take(","):
                self.expect("}")
                break
        return Mapping(*self.span(begins), tuple(keys), tuple(values))


def _between(left: Node, sign: str, right: Node, *, more: bool) -> Node:
    """Join two terms by an operator; `more` if the left term has the same rank and is not in brackets."""
    if sign in {"&&", "||"}:
        kind: type[Both] | type[Either] = Both if sign == "&&" else Either
        return kind("", 0, (*left.terms, right) if more and isinstance(left, kind) else (left, right))
    if sign in COMPARISONS:
        return Compared("", 0, left, sign, right)
    if more and isinstance(left, Reckoned):
        return Reckoned("", 0, (*left.terms, right), (*left.signs, sign))
    return Reckoned("", 0, (left, right), (sign,))


def _tokens(source: str) -> Iterator[_Token]:
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            what = "a text that is not closed" if source[at] in "'\"" else f"'{source[at]}' means nothing here"
            raise NotReadable(at, what)
        kind = str(match.lastgroup)
        if kind != "space":
            yield _Token(kind, match[0], at)
        at = match.end()
    yield _Token("end", "", len(source))


def _number(token: _Token) -> int | Fraction:
    text = token.text.rstrip("uU")
    try:
        number = exact(int(text, 16) if text[:2] in {"0x", "0X"} else Fraction(text))
    except ArithmeticError:
        raise NotReadable(token.at, "a number with too many digits") from None
    return number.numerator if number.denominator == 1 else number


def _text(token: _Token) -> str:
    if token.text[0] in "rR":
        return token.text[2:-1]

    def one(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code and int(code, 16) <= 0x10FFFF and not 0xD800 <= int(code, 16) <= 0xDFFF:
            return chr(int(code, 16))
        if match[4] in _ESCAPED:
            return _ESCAPED[match[4]]
        raise NotReadable(token.at + match.start() + 1, f"'{match[0]}' is no escape")

    return _ESCAPE.sub(one, token.text[1:-1])
