"""A service in the sandbox: the same definition under another name, so that trials never mix with real cases.

Cases, places, registers and statistics are stored under the service's name. Its texts state that it is a trial, and its
letters stay in the inbox.
"""

from praya.definition.chapters import CHAPTERS
from praya.definition.own_words import WORDS
from praya.definition.service import Service
from praya.definition.trials import PREFIX, REFERENCE, is_trial, marked, real_name, trial_name

__all__ = ["PREFIX", "REFERENCE", "as_trial", "is_trial", "real_name", "trial_name"]


def as_trial(service: Service) -> Service:
    """The service as it is in the sandbox."""
    trial = WORDS["trial"]
    return service.model_copy(
        update={
            "service": trial_name(service.service),
            "reference": (REFERENCE + service.reference)[:4],
            "title": marked(service.title, trial),
            # A trial acts on the entries and notices of other services' trials only.
            **{word: changed for chapter in CHAPTERS for word, changed in chapter.in_trial(service).items()},
        }
    )
