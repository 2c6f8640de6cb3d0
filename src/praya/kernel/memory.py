"""What a process remembers, up to a number of bytes."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Values by key, up to a number of bytes together; the one not asked for longest goes first. Threads share it."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """The value, or None where it is not remembered."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Remember a value that takes so many bytes, in place of what was there; others go to make room for it."""
        with self._lock:
            self.size += size - self._values.pop(key, (None, 0))[1]
            self._values[key] = (value, size)
            while self.size > self._most and len(self._values) > 1:
                self.size -= self._values.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Remember nothing."""
        with self._lock:
            self._values.clear()
            self.size = 0
