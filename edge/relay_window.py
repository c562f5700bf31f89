"""What is on its way to head office: which messages were sent, which it has, and from where to send again. No I/O."""

from __future__ import annotations

import msgspec

from edge.messages import WINDOW_MAX, Ack


class Window:
    """The messages of one epoch between outbox and head office. Used by one thread."""

    def __init__(self, epoch: str, size: int = WINDOW_MAX) -> None:
        self.epoch = epoch
        self.size = size
        """Most messages in flight."""
        self.cursor = 0
        """Highest sequence read from the outbox in this pass; the next page begins behind it."""
        self._upto = 0
        self._beyond: set[int] = set()
        self._in_flight: set[int] = set()
        self._top = 0
        self._hollow = range(0)
        self.gap: int | None = None
        """First sequence that head office misses, as it said last."""

    @property
    def in_flight(self) -> int:
        return len(self._in_flight)

    @property
    def room(self) -> int:
        return max(0, self.size - len(self._in_flight))

    def rewind(self) -> None:
        """Send again everything that head office did not acknowledge."""
        self._in_flight.clear()
        self.cursor = self._upto
        self._hollow = range(0)

    def rewind_to_gap(self, first_waiting: int | None) -> None:
        """Send again from the gap on; what the outbox has no more, before `first_waiting`, is told as hollow."""
        assert self.gap is not None
        until = first_waiting if first_waiting is not None else self._top + 1
        self._hollow = range(self.gap, until)
        self._in_flight.clear()
        self.cursor = self.gap - 1

    def is_known(self, seq: int) -> bool:
        """Tell whether head office has a message that the outbox still shows, since its deletion is under way."""
        return seq <= self._upto or seq in self._beyond

    def sent(self, seq: int) -> None:
        self._in_flight.add(seq)
        self.cursor = max(self.cursor, seq)
        self._top = max(self._top, seq)

    def skipped(self, seq: int) -> None:
        self.cursor = max(self.cursor, seq)
        self._top = max(self._top, seq)

    def next_hollow(self) -> int | None:
        """Return the next sequence to be told as gone, each once in a pass."""
        if not self._hollow:
            return None
        seq = self._hollow[0]
        self._hollow = self._hollow[1:]
        return seq

    def take(self, ack: Ack) -> Ack | None:
        """Return what of an ack is news for the outbox, never beyond what was read from it; None when nothing is."""
        self.gap = ack.resend_from
        upto = min(ack.upto, self._top)
        also = tuple(seq for seq in ack.also if seq <= self._top)
        nack = tuple(each for each in ack.nack if each.sequence <= self._top)
        here = {*also, *(each.sequence for each in nack)}
        self._in_flight = {seq for seq in self._in_flight if seq > upto and seq not in here}
        is_news = upto > self._upto or any(seq > self._upto and seq not in self._beyond for seq in here)
        self._upto = max(self._upto, upto)
        self._beyond = {seq for seq in self._beyond | here if seq > self._upto}
        return msgspec.structs.replace(ack, upto=upto, also=also, nack=nack) if is_news else None
