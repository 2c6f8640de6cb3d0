"""Where replies to a department's letters go, and what the letter says of that."""

from praya.blocks.notices.api import Replies
from praya.definition.own_words import WORDS as OWN
from praya.definition.pack import Pack
from praya.journey.own_words import WORDS


def replies_to(pack: Pack, department: str, language: str, *, ref: str = "") -> Replies:
    """The reply address of a department with its sentence; without one the sentence says that nobody reads replies."""
    known = pack.departments[department]
    if known.reply_to is None:
        return Replies("", WORDS["replies_unread"].in_(language))
    sentence = (
        WORDS["replies_read" if ref else "replies_read_no_case"]
        .in_(language)
        .format(department=known.title.in_(language), ref=ref)
    )
    if known.replies is not None:
        sentence += OWN["sentence_gap"].in_(language) + known.replies.in_(language)
    return Replies(known.reply_to, sentence)
