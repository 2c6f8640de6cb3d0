"""RFC 9162 Merkle tree hashing with a compact range: memory and work logarithmic in the number of leaves. Pure."""

import hashlib
import json
from collections.abc import Sequence


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data), RFC 9162 section 2.1.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that only grows. It keeps the roots of the perfect subtrees that cover its leaves, the largest first."""

    def __init__(self, size: int = 0, frontier: Sequence[bytes] = ()) -> None:
        """Continue a tree of `size` leaves from its `frontier`, the roots of its perfect subtrees."""
        self.size, self.frontier = size, list(frontier)

    def append(self, leaf: bytes) -> None:
        """Add the data of one leaf."""
        node, count = leaf_hash(leaf), self.size
        while count & 1:
            node = node_hash(self.frontier.pop(), node)
            count >>= 1
        self.frontier.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root hash; for a tree without leaves, the SHA-256 of the empty string."""
        if not self.frontier:
            return hashlib.sha256(b"").digest()
        root = self.frontier[-1]
        for node in reversed(self.frontier[:-1]):
            root = node_hash(node, root)
        return root


def entry_leaf(seq: int, at: str, event: str, service: str, subject: str, actor: str, facts: str) -> bytes:
    """The bytes of an entry as a leaf: a canonical JSON array; `at` is UTC with microseconds."""
    row = [seq, at, event, service, subject, actor, facts]
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
