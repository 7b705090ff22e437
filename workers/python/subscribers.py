"""Consumers of plain messages on kombu: what defineSubscriber is in TypeScript, with the same queues, waits and marks.

A message is acknowledged when its handler ends. One whose handler raises is copied to a queue where it waits for its next run, or
to the dead letters; the broker confirms the copy before the original is acknowledged, so nothing is lost in between.
"""

import json
import re
import signal
import time
from dataclasses import dataclass, field

from amqp import Message
from kombu import Connection, Consumer, Exchange, Queue
from kombu.mixins import ConsumerMixin

DEAD_LETTERS = Exchange("dead-letters", type="direct", durable=True)
RETRY = "x-celery-gateway-subscriber-retry"
BROKERS = re.compile(r"^x-(?:death$|(?:first|last)-death-|delivery-count$|acquired-count$|opt-)")
MAX_DETAIL = 500


class Reject(Exception):
    """No retry helps: the message is a dead letter at once."""


@dataclass(frozen=True)
class Subscriber:
    queue: str
    exchange: str
    routing_key: str
    handle: callable
    """(context, payload)"""
    arguments: dict = field(default_factory=dict)
    retry_delays: tuple = (1, 10, 60)
    """Seconds before each retry."""

    def declare(self, channel):
        """The places messages are moved to come before the queue they are moved from."""
        Queue(f"{self.queue}.dead", DEAD_LETTERS, self.queue, durable=True)(channel).declare()
        for delay in self.retry_delays:
            waiting = {
                "x-queue-type": "quorum",
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
                "x-message-ttl": int(delay * 1000),
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self.queue,
            }
            Queue(retry_queue(self.queue, delay), durable=True, queue_arguments=waiting)(channel).declare()
        queue = Queue(
            self.queue,
            Exchange(self.exchange, type="topic", durable=True),
            self.routing_key,
            durable=True,
            queue_arguments={
                "x-dead-letter-exchange": DEAD_LETTERS.name,
                "x-dead-letter-routing-key": self.queue,
                **self.arguments,
            },
        )(channel)
        queue.declare()
        return queue


def retry_queue(queue, delay):
    return f"{queue}.retry.{int(delay * 1000)}"


class Context:
    """What a handler knows and can do."""

    def __init__(self, channel, message):
        self._channel = channel
        self.properties = message.properties

    def publish(self, exchange, routing_key, message, priority=None, message_id=None):
        """JSON to a topic exchange; returns when the broker has confirmed and routed it."""
        Exchange(exchange, type="topic", durable=True)(self._channel).declare()
        properties = {"priority": priority, "message_id": message_id}
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        self._channel.basic_publish(
            Message(
                body.encode(),
                content_type="application/json",
                content_encoding="utf-8",
                delivery_mode=2,
                **{name: value for name, value in properties.items() if value is not None},
            ),
            exchange=exchange,
            routing_key=routing_key,
            mandatory=True,
        )


class Subscribers(ConsumerMixin):
    """Runs subscribers on one connection, a message of each at a time, until a signal ends it."""

    def __init__(self, url, subscribers):
        # Without confirms a publish that returns has promised nothing.
        self.connection = Connection(url, transport_options={"confirm_publish": True})
        self._subscribers = subscribers

    def stop_on(self, *signals):
        for number in signals:
            signal.signal(number, lambda *_: setattr(self, "should_stop", True))

    def get_consumers(self, _consumer, channel):
        return [
            Consumer(
                channel,
                queues=[subscriber.declare(channel)],
                on_message=lambda message, subscriber=subscriber: self._take(subscriber, channel, message),
                prefetch_count=1,
                accept=["json"],
                auto_declare=False,
            )
            for subscriber in self._subscribers
        ]

    def on_consume_ready(self, connection, channel, consumers, **_):
        print(f"{', '.join(subscriber.queue for subscriber in self._subscribers)} ready.", flush=True)

    def _take(self, subscriber, channel, message):
        try:
            subscriber.handle(Context(channel, message), payload_of(message))
        except Exception as error:
            self._failed(subscriber, channel, message, error)
        message.ack()

    def _failed(self, subscriber, channel, message, error):
        retries, exchange, routing_key = road_of(message)
        if isinstance(error, Unreadable):
            reason, detail = "decode_failed", str(error)
        elif isinstance(error, Reject):
            reason, detail = "rejected", str(error)
        elif retries < len(subscriber.retry_delays):
            waiting = retry_queue(subscriber.queue, subscriber.retry_delays[retries])
            move(channel, message, "", waiting, {RETRY: [retries + 1, exchange, routing_key]})
            return
        else:
            reason, detail = "handler_failed", repr(error)
        marks = {
            "dead-at": int(time.time()),
            "reason": reason,
            "detail": detail[:MAX_DETAIL],
            "queue": subscriber.queue,
            "exchange": exchange,
            "routing-key": routing_key,
        }
        marked = {f"x-celery-gateway-{name}": value for name, value in marks.items()}
        move(channel, message, DEAD_LETTERS.name, subscriber.queue, marked)


class Unreadable(Exception):
    pass


def payload_of(message):
    body = message.body
    try:
        return json.loads(bytes(body) if isinstance(body, memoryview) else body)
    except ValueError as error:
        raise Unreadable(f"the body is not JSON: {error}") from error


def road_of(message):
    """Retries so far, and where the message was first sent to."""
    mark = (message.headers or {}).get(RETRY)
    if isinstance(mark, list) and len(mark) == 3 and isinstance(mark[0], int):
        return max(0, mark[0]), mark[1], mark[2]
    return 0, message.delivery_info["exchange"], message.delivery_info["routing_key"]


def move(channel, message, exchange, routing_key, marks):
    """A confirmed copy. Not its expiration: it would end the wait early, or the dead letter."""
    kept = {name: value for name, value in (message.headers or {}).items() if not BROKERS.match(name) and name != RETRY}
    properties = {name: value for name, value in message.properties.items() if name != "expiration"}
    properties["application_headers"] = {**kept, **marks}
    body = message.body
    copy = Message(body.encode() if isinstance(body, str) else bytes(body), **properties)
    channel.basic_publish(copy, exchange=exchange, routing_key=routing_key, mandatory=True)
