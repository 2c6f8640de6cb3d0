"""Personal data at rest: a key for each person, wrapped by the installation's master keys."""
