"""Effects outside the database, such as e-mail: queued with their cause, performed at least once after the commit."""
