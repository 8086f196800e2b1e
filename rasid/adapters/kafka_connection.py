"""How Kafka is reached, and what its errors say to a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from kafka import errors
from kafka.net.compat import KafkaNetClient

from rasid.domain.errors import StoreError

# How long one question may take before it is an outage: callers retry with back-off and hold what they have.
BOOTSTRAP_SECONDS = 10.0
REQUEST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """Where the brokers are (`host:port`, several by commas) and who asks.

    With a `username` the connection is SASL/SCRAM-SHA-512 over TLS; with `ca_file` (PEM) alone it is TLS. `prefix` goes
    before the name of every topic and group, so that several installations, or tests, share one cluster.
    """

    servers: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    prefix: str = ""
    bootstrap_seconds: float = BOOTSTRAP_SECONDS

    def options(self) -> dict[str, Any]:
        """Give what every kafka-python client is made with."""
        options: dict[str, Any] = {
            "bootstrap_servers": [server.strip() for server in self.servers.split(",")],
            "client_id": "rasid",
            "bootstrap_timeout_ms": int(self.bootstrap_seconds * 1000),
            "request_timeout_ms": int(REQUEST_SECONDS * 1000),
            "reconnect_backoff_max_ms": 2_000,  # the default of 30 s would be the pause after a broker is back
        }
        if self.username is not None:
            options |= {
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.username,
                "sasl_plain_password": _Secret(self.password or ""),
            }
        elif self.ca_file is not None:
            options["security_protocol"] = "SSL"
        if self.ca_file is not None:
            options["ssl_cafile"] = self.ca_file
        return options

    def make(self, kind: Callable[..., Any], **options: Any) -> Any:
        """Make one of kafka-python's clients. Raises its errors.

        One whose constructor fails leaves its thread and sockets behind; while a broker is away for hours, that would
        be thousands. So they are closed here.
        """
        begun: list[KafkaNetClient] = []

        def network(**config: Any) -> KafkaNetClient:
            begun.append(KafkaNetClient(**config))
            return begun[-1]

        try:
            return kind(kafka_client=network, **self.options() | options)
        except BaseException:
            for client in begun:
                with suppress(errors.KafkaError, OSError, RuntimeError):
                    client.close()
            raise

    @contextmanager
    def translate(self, doing: str) -> Iterator[None]:
        """Turn kafka-python's errors into StoreError: the broker's address, what failed, and what to do."""
        try:
            yield
        except errors.KafkaError as error:
            raise StoreError(f"Kafka at {self.servers}: {doing} failed: {_named(error)}. {_advice(error)}") from error
        except OSError as error:  # a CA file that is not there, a name that does not resolve
            raise StoreError(f"Kafka at {self.servers}: {doing} failed: {error}. {_REACH}") from error

    def unknown(self, topic: str) -> StoreError:
        """Give the error for a topic that this program does not have."""
        return StoreError(f"Kafka at {self.servers}: there is no topic {topic}")


class _Secret(str):
    """A password that does not show itself: kafka-python logs its clients' whole configuration at level DEBUG."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Hide it."""
        return "'…'"


_REACH = "Check the address and that the broker runs (`rasid doctor`)"
_ADVICE: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (
        (errors.TopicAuthorizationFailedError, errors.GroupAuthorizationFailedError, errors.AuthorizationError),
        "The user may not do this: give it the rights that docs name for its daemon",
    ),
    (errors.SaslAuthenticationFailedError, "User name or password are wrong"),
    (errors.UnknownTopicOrPartitionError, "Make the topics: rasid topics apply"),
    (errors.MessageSizeTooLargeError, "The message is larger than max.message.bytes of its topic (deploy/topics.yaml)"),
    (
        (errors.CommitFailedError, errors.IllegalGenerationError, errors.UnknownMemberIdError),
        "The partitions went to another member of the group; what was not committed comes again there",
    ),
    (
        (errors.NotEnoughReplicasError, errors.NotEnoughReplicasAfterAppendError),
        "Too few brokers are in sync: bring the missing ones back",
    ),
)


def _named(error: errors.KafkaError) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _advice(error: errors.KafkaError) -> str:
    for kinds, advice in _ADVICE:
        if isinstance(error, kinds):
            return advice
    if isinstance(error, errors.KafkaTimeoutError) and "ootstrap" in str(error):
        # A broker that refuses a password just closes the connection, and the client goes on trying.
        return f"{_REACH}; it may also be the credentials: a wrong user, password or CA shows only as this time-out"
    return _REACH
