"""Chinese as it is written with Latin letters: Jyutping for Cantonese, Pinyin for Putonghua, without tones."""

from functools import lru_cache

import pypinyin
import ToJyutping

SYLLABLE_ENDS = "0123456789"


@lru_cache(maxsize=4096)
def readings(run: str) -> tuple[tuple[str, ...], ...]:
    """The syllables of a run of Chinese characters, in each romanisation; empty where a character has no reading."""
    cantonese = [syllable or "" for _, syllable in ToJyutping.get_jyutping_list(run)]
    jyutping = tuple(syllable.split()[0].rstrip(SYLLABLE_ENDS) for syllable in cantonese if syllable)
    pinyin = tuple(pypinyin.lazy_pinyin(run, errors="ignore"))
    return tuple(dict.fromkeys(way for way in (jyutping, pinyin) if len(way) == len(run)))
