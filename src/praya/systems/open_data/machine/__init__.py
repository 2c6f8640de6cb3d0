"""Open data for machines: files, and operations of the API."""
