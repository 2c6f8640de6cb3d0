"""What differs between two versions of answers, as rows of a table: one for each question, or item, that changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from praya.definition.questions import FileQuestion, Question, RepeatQuestion
from praya.web import answers
from praya.web.words import translator

Answers = Mapping[str, Any]


def changed_rows(
    before: tuple[Iterable[Question], Answers, answers.Files],
    now: tuple[Iterable[Question], Answers, answers.Files],
    lang: str,
    *,
    same: Mapping[str, str],
) -> tuple[list[dict[str, Any]], int]:
    """A row for each difference between two versions, and how many questions have the same answer in both.

    Each version is its questions, its answers and its files. `same` gives for a file of the version before the
    one of the version now that has the same content. A row has a `title`, and how it was shown `before` and is `now`;
    None where the question, or the item, was not there.
    """
    (old_questions, old, old_files), (new_questions, new, new_files) = before, now
    olds, news = ({one.name: one for one in questions} for questions in (old_questions, new_questions))
    rows: list[dict[str, Any]] = []
    unchanged = 0
    for name in [*news, *(name for name in olds if name not in news)]:
        was, asked = olds.get(name), news.get(name)
        question = asked or was
        assert question is not None  # noqa: S101 (the name is of one of them)
        left, right = old.get(name) if was else None, new.get(name) if asked else None
        if _plain(was, left, same) == _plain(asked, right, same):
            unchanged += 1
        elif isinstance(was, RepeatQuestion) and isinstance(asked, RepeatQuestion):
            rows += _items(was, left or (), asked, right or (), old_files, new_files, lang, same)
        else:
            rows.append(
                {
                    "title": question.label.in_(lang),
                    "before": answers.shown_answer(was, left, old_files, lang) if was else None,
                    "now": answers.shown_answer(asked, right, new_files, lang) if asked else None,
                }
            )
    return rows, unchanged


def _items(
    was: RepeatQuestion, old: Sequence[Answers], asked: RepeatQuestion, new: Sequence[Answers],
    old_files: answers.Files, new_files: answers.Files, lang: str, same: Mapping[str, str],
) -> list[dict[str, Any]]:  # fmt: skip
    """The differences between the items of a repeat: those that stayed are matched with each other, in their order."""
    t = translator(lang)
    keys = [[_plain_item(question, item, same) for item in items] for question, items in ((was, old), (asked, new))]
    rows: list[dict[str, Any]] = []
    for kind, i, j, k, m in SequenceMatcher(a=keys[0], b=keys[1], autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        # Items that stand in each other's place are compared; where the numbers differ, the rest came or went.
        for left, right in zip(range(i, j), range(k, m), strict=False):
            title = f"{asked.item.in_(lang)} {right + 1}"
            inside, _ = changed_rows(
                (was.questions, old[left], old_files), (asked.questions, new[right], new_files), lang, same=same
            )
            rows += [{**row, "title": t("desk.change_inside", item=title, label=row["title"])} for row in inside]
        paired = min(j - i, m - k)
        rows += [
            {"title": t("desk.change_was", item=f"{was.item.in_(lang)} {n + 1}"), "now": None,
             "before": {"rows": answers.rows_of(was.questions, old[n], old_files, lang)}}
            for n in range(i + paired, j)
        ]  # fmt: skip
        rows += [
            {"title": f"{asked.item.in_(lang)} {n + 1}", "before": None,
             "now": {"rows": answers.rows_of(asked.questions, new[n], new_files, lang)}}
            for n in range(k + paired, m)
        ]  # fmt: skip
    return rows


def _plain_item(question: RepeatQuestion, item: Answers, same: Mapping[str, str]) -> str:
    return json.dumps([_plain(one, item.get(one.name), same) for one in question.questions])


def _plain(question: Question | None, value: Any, same: Mapping[str, str]) -> Any:
    """An answer as a JSON value for comparison; an empty one is None, and a file is named by its content."""
    if question is None or value in (None, "", [], ()):
        return None
    if isinstance(question, RepeatQuestion):
        return [_plain_item(question, item, same) for item in value]
    if isinstance(question, FileQuestion):
        return [same.get(ref, ref) for ref in ([value] if isinstance(value, str) else value)]
    return json.loads(json.dumps(value, default=str, sort_keys=True))
