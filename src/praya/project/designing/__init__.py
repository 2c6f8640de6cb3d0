"""The tools of a designer for a definition before it is used: find, check, rehearse, compare, publish."""
