"""Open data and public keys, for machines."""
