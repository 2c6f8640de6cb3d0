"""The waiting room in front of a service that books: a fair queue, which goes in as fast as the service can bear."""
