"""Plain messages to an exchange, each confirmed by the broker before the task goes on."""

from app import app
from kombu import Exchange


def publish(exchange, routing_key, message, message_id):
    target = Exchange(exchange, type="topic", durable=True)
    with app.producer_or_acquire() as producer:
        producer.publish(
            message,
            exchange=target,
            routing_key=routing_key,
            declare=[target],
            serializer="json",
            retry=True,
            message_id=message_id,
            type=routing_key,
        )
