"""What has been sent to Kafka and is not acknowledged yet, and how far the stream may be said to be read."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from processors.ports.store import Checkpoint


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be outstanding. kafka-python itself takes whatever it is given, into memory."""

    messages: int = 20_000
    size: int = 64 * 2**20
    """Bytes."""


class Outstanding:
    """Messages on their way, by the batches of the source that they came in.

    A batch's checkpoint holds once all messages of it and of all batches before are acknowledged.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._batches: deque[_Batch] = deque()
        self._first = 0
        self.messages = 0
        self.size = 0
        self.arrived = 0
        """Messages that were acknowledged."""

    def has_room(self, messages: int, size: int) -> bool:
        """Whether so many more may be sent. When nothing is on its way anything may, or it never could."""
        within = self.messages + messages <= self.limits.messages and self.size + size <= self.limits.size
        return within or not self.messages

    def begin(self) -> int:
        """The number of a new batch."""
        self._batches.append(_Batch())
        return self._first + len(self._batches) - 1

    def sent(self, batch: int, size: int) -> None:
        """A message of the batch is on its way."""
        self._batches[batch - self._first].waiting += 1
        self.messages += 1
        self.size += size

    def end(self, batch: int, checkpoint: Checkpoint) -> None:
        """All messages of the batch are on their way; `checkpoint` is behind its last."""
        self._batches[batch - self._first].checkpoint = checkpoint

    def acknowledged(self, batch: int, size: int) -> None:
        """A message of the batch is in the log."""
        self._batches[batch - self._first].waiting -= 1
        self.messages -= 1
        self.arrived += 1
        self.size -= size

    def take_checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint that holds; None if it is no other than at the last call."""
        newest = None
        while self._batches and not self._batches[0].waiting and self._batches[0].checkpoint is not None:
            newest = self._batches.popleft().checkpoint
            self._first += 1
        return newest


@dataclass(slots=True)
class _Batch:
    waiting: int = 0
    checkpoint: Checkpoint | None = None
    """None: it is still being sent."""
