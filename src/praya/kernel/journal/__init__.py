"""The one append-only journal: audit trail, source of everything that only reads, sealed in a Merkle tree."""
