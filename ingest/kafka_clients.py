"""Making and ending kafka-python's clients so that nothing of them stays behind, and their errors as ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import AuthorizationError, KafkaError, SaslAuthenticationFailedError
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from ingest.kafka_target import KafkaTarget
from processors.errors import InvalidInput, LogUnavailable

_Client = TypeVar("_Client")

PATIENCE_MS = 10_000
_GOODBYE_SECONDS = 5.0
_REFUSALS = (AuthorizationError, SaslAuthenticationFailedError)


def make_client(make: Callable[..., _Client], target: KafkaTarget, **configs: Any) -> _Client:
    """A client of kafka-python.

    One that finds no broker leaves its thread and pipes behind when it raises: thousands while Kafka is away for a day.

    Raises:
        KafkaError: no broker answers, or lets us in.
    """
    inside: list[_Inside] = []

    def make_inside(**given: Any) -> KafkaNetClient:
        inside.append(_Inside(**given))
        return inside[-1].client

    try:
        return make(**target.client_configs(), bootstrap_timeout_ms=PATIENCE_MS, kafka_client=make_inside, **configs)
    except BaseException as error:
        for one in inside:
            one.client.close()
            if one.refusal is not None:
                # What was raised says no more than that nobody answers.
                raise one.refusal from error
        raise


def make_reader(target: KafkaTarget) -> KafkaConsumer:
    """A consumer of no group, for reading what it is assigned.

    Raises:
        KafkaError: no broker answers, or lets us in.
    """
    return make_client(KafkaConsumer, target, group_id=None, enable_auto_commit=False, allow_auto_create_topics=False)


class _Inside:
    """The connections of a client, and why one of them was not let in."""

    def __init__(self, **given: Any) -> None:
        self.refusal: Exception | None = None
        net = NetworkSelector(**given)
        manager = KafkaConnectionManager(net, **given)
        connect = manager.get_connection

        def get_connection(*wanted: Any, **more: Any) -> Any:
            connection = connect(*wanted, **more)
            connection.init_future.add_errback(self._note)
            return connection

        manager.get_connection = get_connection
        self.client = KafkaNetClient(net, manager, **given)

    def _note(self, error: Exception) -> None:
        # Whoever was refused a few times is cut off without a word.
        if isinstance(error, _REFUSALS):
            self.refusal = error


def close_producer(producer: KafkaProducer, seconds: float = 0.0) -> None:
    """End a producer and its thread. What is not acknowledged after so many seconds is never sent."""
    with suppress(KafkaError):
        producer.close(timeout=seconds)
    # After a flush that timed out `close` leaves its thread at work, to send some day what has been sent again.
    sender = producer._sender
    sender.force_close()
    sender.join(_GOODBYE_SECONDS)
    if sender.is_alive():
        raise LogUnavailable("the thread of a producer does not end")


@contextmanager
def translated(target: KafkaTarget) -> Iterator[None]:
    """Errors of kafka-python as ours."""
    try:
        yield
    except _REFUSALS as error:
        raise InvalidInput(f"WIKITALLY_KAFKA_URL: {target.shown} refuses: {error}") from error
    except KafkaError as error:
        raise LogUnavailable(f"Kafka at {target.shown}: {error}") from error
