"""Heights of the tide: a whole system for tests, which brings something in every field of a plug."""
