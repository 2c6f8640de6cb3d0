"""The reference, made from the code: the language, its schema, settings, commands, errors, addresses, plugs."""
