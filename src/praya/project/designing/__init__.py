"""What a designer does with a definition before anybody uses it: find, check, rehearse, compare, publish."""
