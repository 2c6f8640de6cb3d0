"""A service in the sandbox: the same definition under a name of its own, so that nothing of it mixes with what is real.

Cases, places, registers and figures are kept by the service's name; its texts say that it is a trial; its letters stay
in the inbox of whoever tries it.
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
            # What a trial does to entries and notices of other services, it does to those of their trials.
            **{word: changed for chapter in CHAPTERS for word, changed in chapter.in_trial(service).items()},
        }
    )
