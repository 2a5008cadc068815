"""Making and ending kafka-python's clients so that nothing of them stays behind, and their errors as ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from kafka import KafkaProducer
from kafka.errors import AuthorizationError, KafkaError, SaslAuthenticationFailedError
from kafka.net.compat import KafkaNetClient

from ingest.kafka_target import KafkaTarget
from processors.errors import InvalidInput, LogUnavailable

_Client = TypeVar("_Client")

PATIENCE_MS = 10_000
_GOODBYE_SECONDS = 5.0


def make_client(make: Callable[..., _Client], target: KafkaTarget, **configs: Any) -> _Client:
    """A client of kafka-python.

    One that finds no broker leaves its thread and pipes behind when it raises: thousands while Kafka is away for a day.

    Raises:
        KafkaError: no broker answers, or lets us in.
    """
    inside: list[KafkaNetClient] = []

    def make_inside(**given: Any) -> KafkaNetClient:
        inside.append(KafkaNetClient(**given))
        return inside[-1]

    try:
        return make(**target.client_configs(), bootstrap_timeout_ms=PATIENCE_MS, kafka_client=make_inside, **configs)
    except BaseException:
        for one in inside:
            one.close()
        raise


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
    except (SaslAuthenticationFailedError, AuthorizationError) as error:
        raise InvalidInput(f"WIKITALLY_KAFKA_URL: {target.shown} refuses: {error}") from error
    except KafkaError as error:
        raise LogUnavailable(f"Kafka at {target.shown}: {error}") from error
