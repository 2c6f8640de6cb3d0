"""The append-only journal: the audit trail, the source of every derived table, sealed in a Merkle tree."""
