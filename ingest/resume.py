"""Where a new connection goes on: a time for every topic, never the server's own event id."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from processors.ports.store import Reached

DATA_CENTRES = ("eqiad", "codfw")
"""Every stream of Wikimedia's is a topic in each; one of them is silent but for canaries, until they are switched."""


class Positions:
    """What has been read from each topic-partition, and how to ask for the rest.

    Args:
        reached: from a checkpoint.
        began_ms: where reading begins for topics that nothing is known of.
        overlap_ms: how far to go back behind what was read.
    """

    def __init__(self, reached: Mapping[tuple[str, int], Reached], began_ms: int, overlap_ms: int) -> None:
        self._began_ms = began_ms
        self._overlap_ms = overlap_ms
        self._times: dict[tuple[str, int], int] = {
            key: one.timestamp_ms for key, one in reached.items() if one.timestamp_ms > 0
        }
        self._by_id = True
        self._add_silent_twins()
        self.last_id = ""
        """The server's id of the last whole event: it tells the time of every topic of the connection."""

    def _add_silent_twins(self) -> None:
        """A topic that has never brought anything must be asked for too, or a switch of data centres is missed."""
        if not self._times:
            return
        oldest = min(self._times.values())
        for topic, partition in list(self._times):
            centre, dot, rest = topic.partition(".")
            if dot and centre in DATA_CENTRES:
                for other in DATA_CENTRES:
                    self._times.setdefault((f"{other}.{rest}", partition), oldest)

    def request(self) -> tuple[dict[str, str], str | None]:
        """Query parameters and Last-Event-ID of the next connection."""
        if not self._times:
            return {"since": str(self._began_ms)}, None
        if not self._by_id:
            return {"since": str(min(self._times.values()) - self._overlap_ms)}, None
        entries = [
            {"topic": topic, "partition": partition, "timestamp": max(0, at - self._overlap_ms)}
            for (topic, partition), at in sorted(self._times.items())
        ]
        return {}, orjson.dumps(entries).decode()

    def give_up_on_ids(self) -> bool:
        """After a server has refused our id: ask by `since` once instead. False if that was not the reason."""
        if not self._times or not self._by_id:
            return False
        self._by_id = False
        return True

    def connection_ended(self) -> None:
        """Take over what the last id tells. Topics that it knows nothing of keep the time that they were asked for."""
        if not self.last_id:
            return
        try:
            entries = orjson.loads(self.last_id)
            for entry in entries:
                key = entry["topic"], int(entry["partition"])
                at = entry.get("timestamp")
                if at is not None:
                    self._times[key] = max(int(at), self._times.get(key, 0))
                else:
                    self._times.setdefault(key, self._began_ms)
            self._forget_refused({(entry["topic"], int(entry["partition"])) for entry in entries})
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            # Not an id that we understand: the times of the connection before still hold, and repeat more.
            return
        finally:
            self._by_id = True
            self.last_id = ""

    def _forget_refused(self, known: set[tuple[str, int]]) -> None:
        """An id that answers a `since` names every topic there is: others would be refused again, and again.

        Each refusal reads anew from the oldest time, which is that of the topic that is gone.
        """
        if not self._by_id:
            self._times = {key: at for key, at in self._times.items() if key in known}
