"""The reference that is made from the code itself: the language, its schema, settings, commands, errors, addresses."""
