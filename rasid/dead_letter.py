"""What cannot be taken goes to the dead-letter topic: untouched, with its cause in Kafka Connect's header names."""

from __future__ import annotations

import traceback

from rasid.ports import Message, Record

PREFIX = "__connect.errors."


def dead_letter(record: Record, *, stage: str, error: BaseException) -> Message:
    """Give the message that stands for a record which `stage` could not take because of `error`."""
    trace = "".join(traceback.format_exception(error))[-8_000:]
    causes = {
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "stage": stage,
        "exception.class.name": f"{type(error).__module__}.{type(error).__qualname__}",
        "exception.message": str(error)[:2_000],
        "exception.stacktrace": trace,
    }
    headers = {
        **record.message.headers,
        **{PREFIX + name: text.encode("utf-8", "replace") for name, text in causes.items()},
    }
    return Message(key=record.message.key, value=record.message.value, time=record.message.time, headers=headers)


def cause(message: Message) -> dict[str, str]:
    """Give the causes that a dead letter carries, by their names without the prefix."""
    return {
        name.removeprefix(PREFIX): value.decode("utf-8", "replace")
        for name, value in message.headers.items()
        if name.startswith(PREFIX)
    }
