"""Where the parts of an expression's text begin and end: outside strings and brackets."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|&&|\|\||[!=<>]=|[\w.]+|\s+|.""", re.DOTALL)
_DEPTH = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def tokens(source: str) -> Iterator[tuple[int, str, int]]:
    """Each word or sign with its place, and how many brackets are open around it."""
    depth = 0
    for match in _TOKEN.finditer(source):
        step = _DEPTH.get(match[0], 0)
        yield match.start(), match[0], depth + min(step, 0)
        depth += step


def split(source: str, *signs: str) -> list[str]:
    """The parts between these signs, `a && b` as `a` and `b`."""
    cuts = [(at, at + len(word)) for at, word, depth in tokens(source) if depth == 0 and word in signs]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(source)]
    return [source[start:end].strip() for start, end in zip(starts, ends, strict=True)]


def bare(source: str) -> str:
    """Without the brackets around the whole."""
    text = source.strip()
    while text.startswith("(") and closing(text, 0) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def closing(source: str, opening: int) -> int:
    """Where the bracket that opens there is closed; -1 where it is not."""
    return next(
        (opening + at for at, word, depth in tokens(source[opening:]) if _DEPTH.get(word) == -1 and not depth), -1
    )


def sides(source: str) -> tuple[str, str, str] | None:
    """`condition ? one : other` in its three parts; None for anything else."""
    text, asked, nested = bare(source), -1, 0
    for at, word, depth in tokens(text):
        if depth or word not in "?:":
            continue
        if word == "?" and asked < 0:
            asked = at
        elif word == "?" or nested:
            nested += 1 if word == "?" else -1
        elif asked >= 0:
            return text[:asked].strip(), text[asked + 1 : at].strip(), text[at + 1 :].strip()
    return None
