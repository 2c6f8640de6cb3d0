"""The journey's own words, from its words.yaml."""

from pathlib import Path

from praya.definition.own_words import own_words

WORDS = own_words(Path(__file__).with_name("words.yaml"), "journey")
