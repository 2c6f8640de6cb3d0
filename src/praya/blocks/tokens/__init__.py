"""Access tokens for the machines of departments, and their stored answers (idempotency)."""
