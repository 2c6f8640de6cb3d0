"""A cache in the memory of a process, limited in bytes."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """A thread-safe cache: values by key, up to a total size in bytes, evicting the least recently used."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """The value; None when it is not cached."""
        with self._lock:
            item = self._values.get(key)
            if item is None:
                return None
            self._values.move_to_end(key)
            return item[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Cache a value of `size` bytes, replacing an old one and evicting others to make room."""
        with self._lock:
            self.size += size - self._values.pop(key, (None, 0))[1]
            self._values[key] = (value, size)
            while self.size > self._most and len(self._values) > 1:
                self.size -= self._values.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Empty the cache."""
        with self._lock:
            self._values.clear()
            self.size = 0
