"""The interface of forms: drafts, uploads, reading and checking answers, and submitted forms that were not accepted.

A person reaches only their own drafts and files; every other reference counts as unknown.
"""

from praya.blocks.forms.drafts import (
    KEEP_DRAFTS,
    Draft,
    HeldMeanwhile,
    NoDraft,
    SavedMeanwhile,
    close,
    discard,
    draft,
    drafts,
    forget_of_case,
    forget_old,
    forget_part,
    hold_booking,
    oldest_draft,
    save,
    start,
    start_for_key,
)
from praya.blocks.forms.rules import (
    Context,
    Read,
    all_refusals,
    asked_in_items,
    asked_parts,
    not_worked_out,
    pruned,
    read_page,
    refusals,
    settled,
    signed,
)
from praya.blocks.forms.sniff import Unwelcome
from praya.blocks.forms.untaken import MOST_PAGES as MOST_UNTAKEN
from praya.blocks.forms.untaken import Untaken
from praya.blocks.forms.untaken import drop as drop_untaken
from praya.blocks.forms.untaken import find as untaken
from praya.blocks.forms.untaken import forget as forget_untaken
from praya.blocks.forms.untaken import keep as keep_untaken
from praya.blocks.forms.untaken import new_key as new_browser_key
from praya.blocks.forms.untaken import oldest as oldest_untaken
from praya.blocks.forms.uploads import (
    NoUpload,
    Upload,
    copy_uploads,
    drop_item_uploads,
    erase_uploads,
    keep_case_upload,
    keep_upload,
    oldest_unscanned,
    open_own_upload,
    open_upload,
    remove_upload,
    scan,
    uploads,
    uploads_of_case,
)

__all__ = [
    "KEEP_DRAFTS",
    "MOST_UNTAKEN",
    "Context",
    "Draft",
    "HeldMeanwhile",
    "NoDraft",
    "NoUpload",
    "Read",
    "SavedMeanwhile",
    "Untaken",
    "Unwelcome",
    "Upload",
    "all_refusals",
    "asked_in_items",
    "asked_parts",
    "close",
    "copy_uploads",
    "discard",
    "draft",
    "drafts",
    "drop_item_uploads",
    "drop_untaken",
    "erase_uploads",
    "forget_of_case",
    "forget_old",
    "forget_part",
    "forget_untaken",
    "hold_booking",
    "keep_case_upload",
    "keep_untaken",
    "keep_upload",
    "new_browser_key",
    "not_worked_out",
    "oldest_draft",
    "oldest_unscanned",
    "oldest_untaken",
    "open_own_upload",
    "open_upload",
    "pruned",
    "read_page",
    "refusals",
    "remove_upload",
    "save",
    "scan",
    "settled",
    "signed",
    "start",
    "start_for_key",
    "untaken",
    "uploads",
    "uploads_of_case",
]
