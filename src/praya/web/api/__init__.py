"""The HTTP API for machines. It reads no cookies, errors have one shape, and repeated writes take effect once."""
