"""The flow of a service as SVG: states are boxes, actions arrows, timers dashed arrows, and ends double boxes.

A layered layout (Sugiyama): states are on every other layer, and the label of an arrow is a box of its own between
them, so that labels and boxes never overlap.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from praya.definition.chapters import ways as by_chapters
from praya.definition.flow import State
from praya.definition.own_words import WORDS, colon, length_words
from praya.definition.service import Service
from praya.kernel.calendar import Length
from praya.kernel.text import Text, html_language

FONT = "Noto Sans, Noto Sans HK, Noto Sans CJK HK, PingFang HK, Microsoft JhengHei, sans-serif"
SIZE, SMALL, LINE = 15, 13, 1.35
WIDEST, GAP, LAYER_GAP, MARGIN = 190, 28, 26, 24
SWEEPS = 24
BOLD = 'font-weight="700" '

_ROLES = frozenset({"applicant", "officer", "supervisor", "system", "respondent"})
Titles = Mapping[str, Text]
NO_TITLES: Titles = {}
NO_NOTES: Mapping[str, str] = {}


@dataclass(frozen=True)
class Arrow:
    """A transition from one state to another, and its label."""

    start: str
    end: str
    says: tuple[str, ...]
    by_time: bool = False


@dataclass
class _Node:
    lines: tuple[str, ...]
    width: float
    height: float
    layer: int
    state: str = ""
    x: float = 0
    y: float = 0
    above: list[int] = field(default_factory=list)
    below: list[int] = field(default_factory=list)


def arrows(service: Service, language: str, roles: Titles = NO_TITLES) -> list[Arrow]:
    """Every transition of the flow, in the order of the definition; `roles` are the titles that the pack gives."""
    drawn = []
    for state in service.flow.states.values():
        for action in state.actions.values():
            title = roles.get(action.by) or (WORDS[f"by_{action.by}"] if action.by in _ROLES else None)
            by = title.in_(language) if title else action.by
            asked = f" → {', '.join(name.upper() for name in action.may_ask)}" if action.may_ask else ""
            drawn.append(
                Arrow(
                    state.name,
                    action.to or state.name,
                    (action.label.in_(language), WORDS["in_brackets"].in_(language).format(words=f"{by}{asked}")),
                )
            )
        for timer in state.timers:
            what = () if timer.to else (WORDS["reminder"].in_(language),)
            drawn.append(
                Arrow(state.name, timer.to or state.name, (*what, _time(timer.after, timer.on, language)), by_time=True)
            )
        drawn += [
            Arrow(state.name, way.to, (way.says(language),), by_time=way.by_time)
            for way in by_chapters(service.flow, state)
        ]
        for waited, ways in (("", state.next), ("all_replied", state.when_replied), ("party_heard", state.when_given)):
            for way in ways:
                replied = (WORDS[waited].in_(language),) if waited else ()
                when = (f"{WORDS['if'].in_(language)} {way.when.source}",) if way.when else ()
                says = (*replied, *when) or (WORDS["otherwise" if len(ways) > 1 else "at_once"].in_(language),)
                drawn.append(Arrow(state.name, way.to, says))
    return drawn


def in_words(service: Service, language: str, roles: Titles = NO_TITLES) -> list[str]:
    """The transitions in words, one line each."""
    states = service.flow.states

    def named(name: str) -> str:
        return states[name].label.in_(language) if name in states else name

    return [
        f"{named(a.start)} → {named(a.end)}{colon(language)}{' '.join(a.says).replace(' （', '（')}"
        for a in arrows(service, language, roles)
    ]


def flow_svg(
    service: Service, language: str = "en", roles: Titles = NO_TITLES, notes: Mapping[str, str] = NO_NOTES
) -> str:
    """The diagram in one language; `notes` are texts in the boxes of their states."""
    diagram = _Diagram(service, language, roles, notes)
    return diagram.svg()


def _time(after: Length | None, on: object, language: str) -> str:
    if after is None:
        return f"{WORDS['on_day'].in_(language)} {getattr(on, 'source', '')}"
    return WORDS["after_length"].in_(language).format(length=length_words(after, language))


def _within(clock: Length, language: str) -> str:
    return WORDS["within_length"].in_(language).format(length=length_words(clock, language))


def _width(text: str, size: float) -> float:
    return sum(size if ord(c) > 0x2E7F else size * 0.57 for c in text)


def _wrapped(text: str, size: float) -> list[str]:
    """Wrap a text to lines of limited width; Chinese breaks between any characters, other text between words."""
    lines, line = [], ""
    for word in _words(text):
        if line and _width(line + word, size) > WIDEST:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> list[str]:
    words, word = [], ""
    for c in text:
        word += c
        if c == " " or ord(c) > 0x2E7F or len(word) > 24:
            words.append(word)
            word = ""
    return [*words, word] if word else words


class _Diagram:
    def __init__(self, service: Service, language: str, roles: Titles, notes: Mapping[str, str]) -> None:
        self.service, self.language, self.roles, self.notes = service, language, roles, notes
        self.nodes: list[_Node] = []
        self.of_state: dict[str, int] = {}
        self.chains: list[tuple[Arrow, list[int], bool]] = []
        states = service.flow.states
        every = [arrow for arrow in arrows(service, language, roles) if arrow.end in states]
        self.staying = [arrow for arrow in every if arrow.start == arrow.end]
        self.going = [arrow for arrow in every if arrow.start != arrow.end]
        back = self._back()
        layers = self._layers(back)
        for name, state in states.items():
            self.of_state[name] = self._add(self._state_lines(state), SIZE, layers[name] * 2, state=name, pad=26)
        for arrow in self.going:
            self._chain(arrow, reversed_=(arrow.start, arrow.end) in back)
        self._order()
        self._place()

    def _state_lines(self, state: State) -> list[str]:
        lines = _wrapped(state.label.in_(self.language), SIZE)
        for arrow in self.staying:
            if arrow.start == state.name:
                lines += _wrapped("↻ " + " ".join(arrow.says), SMALL)
        if state.clock:
            lines += _wrapped(_within(state.clock, self.language), SMALL)
        if state.name in self.notes:
            lines += _wrapped(self.notes[state.name], SMALL)
        return lines

    def _add(self, lines: list[str], size: float, layer: int, *, state: str = "", pad: float = 8) -> int:
        width = max((_width(line, size) for line in lines), default=0) + pad
        height = len(lines) * SIZE * LINE + (pad if lines else 0)
        self.nodes.append(_Node(tuple(lines), max(width, 90 if state else 4), height, layer, state))
        return len(self.nodes) - 1

    def _back(self) -> set[tuple[str, str]]:
        """The transitions that lead back to an earlier state."""
        back: set[tuple[str, str]] = set()
        done: set[str] = set()
        path: set[str] = set()
        following: dict[str, list[str]] = {}
        for arrow in self.going:
            following.setdefault(arrow.start, []).append(arrow.end)

        def visit(name: str) -> None:
            path.add(name)
            for other in following.get(name, ()):
                if other in path:
                    back.add((name, other))
                elif other not in done:
                    visit(other)
            path.discard(name)
            done.add(name)

        for name in (self.service.flow.start, *self.service.flow.states):
            if name not in done and name in self.service.flow.states:
                visit(name)
        return back

    def _layers(self, back: set[tuple[str, str]]) -> dict[str, int]:
        """The layer of each state: below every state that leads to it."""
        layers = dict.fromkeys(self.service.flow.states, 0)
        for _ in layers:
            for arrow in self.going:
                if (arrow.start, arrow.end) not in back:
                    layers[arrow.end] = max(layers[arrow.end], layers[arrow.start] + 1)
        return layers

    def _chain(self, arrow: Arrow, *, reversed_: bool) -> None:
        first, last = self.of_state[arrow.start], self.of_state[arrow.end]
        top, bottom = (last, first) if reversed_ else (first, last)
        lines = [line for sentence in arrow.says for line in _wrapped(sentence, SMALL)]
        span = range(self.nodes[top].layer + 1, self.nodes[bottom].layer)
        at = span[-1] if reversed_ else span[0]
        between = [self._add(lines if layer == at else [], SMALL, layer) for layer in span]
        chain = [top, *between, bottom]
        for upper, lower in itertools.pairwise(chain):
            self.nodes[upper].below.append(lower)
            self.nodes[lower].above.append(upper)
        self.chains.append((arrow, chain[::-1] if reversed_ else chain, reversed_))

    def _order(self) -> None:
        """Order each layer so that nodes are near those that they are connected to, and few arrows cross."""
        count = max(node.layer for node in self.nodes) + 1
        self.rows: list[list[int]] = [[] for _ in range(count)]
        for number, node in enumerate(self.nodes):
            self.rows[node.layer].append(number)
        place = {number: float(i) for row in self.rows for i, number in enumerate(row)}
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            for row in self.rows if down else self.rows[::-1]:
                joined = {n: self.nodes[n].above if down else self.nodes[n].below for n in row}
                key = {n: sum(place[o] for o in joined[n]) / len(joined[n]) if joined[n] else place[n] for n in row}
                row.sort(key=lambda n: key[n])
                middle = (len(row) - 1) / 2
                place |= {number: i - middle for i, number in enumerate(row)}

    def _place(self) -> None:
        for row in self.rows:
            x = 0.0
            for number in row:
                node = self.nodes[number]
                node.x = x + node.width / 2
                x += node.width + GAP
            for number in row:
                self.nodes[number].x -= x / 2
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            for row in self.rows if down else self.rows[::-1]:
                self._settle(row, down=down)
        left = min(node.x - node.width / 2 for node in self.nodes)
        y = float(MARGIN + LAYER_GAP)
        for row in self.rows:
            height = max((self.nodes[number].height for number in row), default=0)
            for number in row:
                self.nodes[number].x += MARGIN - left
                self.nodes[number].y = y + height / 2
            y += height + LAYER_GAP
        self.width = max(node.x + node.width / 2 for node in self.nodes) + MARGIN
        self.height = y + MARGIN - LAYER_GAP

    def _settle(self, row: list[int], *, down: bool) -> None:
        """Place each node as near to the middle of its connected nodes as its neighbours allow."""
        # The pool-adjacent-violators algorithm.
        blocks: list[tuple[float, int]] = []
        offset, offsets = 0.0, []
        for i, number in enumerate(row):
            node = self.nodes[number]
            if i:
                offset += (self.nodes[row[i - 1]].width + node.width) / 2 + GAP
            offsets.append(offset)
            joined = (node.above if down else node.below) or [number]
            wanted = sum(self.nodes[other].x for other in joined) / len(joined) - offset
            blocks.append((wanted, 1))
            while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
                (a, n), (b, m) = blocks[-2:]
                blocks[-2:] = [((a * n + b * m) / (n + m), n + m)]
        values = [value for value, count in blocks for _ in range(count)]
        for number, value, at in zip(row, values, offsets, strict=True):
            self.nodes[number].x = value + at

    def svg(self) -> str:
        title = self.service.title.in_(self.language)
        out = [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:.0f}" height="{self.height:.0f}" '
                f'viewBox="0 0 {self.width:.0f} {self.height:.0f}" role="img" aria-labelledby="flow-title flow-desc" '
                f'lang="{html_language(self.language)}" font-family="{FONT}">'
            ),
            f'<title id="flow-title">{escape(title)}</title>',
            f'<desc id="flow-desc">{escape("; ".join(in_words(self.service, self.language, self.roles)))}</desc>',
            (
                '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
                'orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="#37525f"/></marker></defs>'
            ),
            f'<rect width="{self.width:.0f}" height="{self.height:.0f}" fill="#ffffff"/>',
        ]
        ports = self._ports()
        for index, (arrow, chain, reversed_) in enumerate(self.chains):
            out.append(self._path(index, arrow, chain, ports, reversed_=reversed_))
        out += [self._words(node) for node in self.nodes if node.lines and not node.state]
        out += [self._box(node) for node in self.nodes if node.state]
        start = self.nodes[self.of_state[self.service.flow.start]]
        top = start.y - start.height / 2
        out.append(f'<circle cx="{start.x:.1f}" cy="{top - 20:.1f}" r="6" fill="#37525f"/>')
        out.append(
            f'<path d="M{start.x:.1f} {top - 14:.1f}V{top - 1:.1f}" stroke="#37525f" stroke-width="1.5" '
            'fill="none" marker-end="url(#head)"/>'
        )
        return "\n".join([*out, "</svg>\n"])

    def _ports(self) -> dict[tuple[int, int], float]:
        """The positions of arrows on the edge of a state's box, in the order of their other ends."""
        ports: dict[tuple[int, int], float] = {}
        for number in self.of_state.values():
            node = self.nodes[number]
            for side in (node.above, node.below):
                ends = [
                    (self.nodes[other].x, index)
                    for index, (_, chain, _) in enumerate(self.chains)
                    for other in (self._beside(chain, number),)
                    if other is not None and other in side
                ]
                room = node.width * 0.8
                for place, (_, index) in enumerate(sorted(ends), 1):
                    ports[index, number] = node.x - room / 2 + room * place / (len(ends) + 1)
        return ports

    @staticmethod
    def _beside(chain: list[int], number: int) -> int | None:
        if chain[0] == number:
            return chain[1]
        return chain[-2] if chain[-1] == number else None

    def _path(
        self, index: int, arrow: Arrow, chain: list[int], ports: dict[tuple[int, int], float], *, reversed_: bool
    ) -> str:
        sign = -1 if reversed_ else 1
        points: list[tuple[float, float]] = []
        for place, number in enumerate(chain):
            node = self.nodes[number]
            half = node.height / 2 * sign
            x = ports.get((index, number), node.x)
            if place:
                points.append((x, node.y - half - (sign if node.state else 0)))
            if place < len(chain) - 1:
                points.append((x, node.y + half))
        steps = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            middle = (y0 + y1) / 2
            steps.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
        dashed = ' stroke-dasharray="6 4"' if arrow.by_time else ""
        return (
            f'<path d="{"".join(steps)}" fill="none" stroke="#37525f" stroke-width="1.5"{dashed} '
            'marker-end="url(#head)"/>'
        )

    def _words(self, node: _Node) -> str:
        left, top = node.x - node.width / 2, node.y - node.height / 2
        ground = (
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{node.width:.1f}" height="{node.height:.1f}" fill="#ffffff"/>'
        )
        return ground + self._lines(node, SMALL, "#37525f")

    def _box(self, node: _Node) -> str:
        state = self.service.flow.states[node.state]
        left, top = node.x - node.width / 2, node.y - node.height / 2
        fill = "#dcefe4" if state.result in {"granted", "completed"} else "#fbe3e2" if state.result else "#eef4f5"
        box = (
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{node.width:.1f}" height="{node.height:.1f}" rx="5" '
            f'fill="{fill}" stroke="#0b2b3c" stroke-width="1.5"/>'
        )
        if state.final:
            box += (
                f'<rect x="{left + 4:.1f}" y="{top + 4:.1f}" width="{node.width - 8:.1f}" '
                f'height="{node.height - 8:.1f}" rx="3" fill="none" stroke="#0b2b3c" stroke-width="1"/>'
            )
        return f'<g data-state="{node.state}">{box}{self._lines(node, SIZE, "#0b2b3c", own=state)}</g>'

    def _lines(self, node: _Node, size: float, colour: str, own: State | None = None) -> str:
        step = SIZE * LINE
        first = node.y - (len(node.lines) - 1) * step / 2 + size * 0.35
        label = len(_wrapped(own.label.in_(self.language), SIZE)) if own else 0
        return "".join(
            f'<text x="{node.x:.1f}" y="{first + i * step:.1f}" text-anchor="middle" '
            f'font-size="{SIZE if i < label else SMALL}" '
            f'{BOLD if i < label else ""}fill="{colour}">{escape(line)}</text>'
            for i, line in enumerate(node.lines)
        )
