"""The HTTP API for machines: no cookie is read, every error has one shape, every write is done once."""
