"""The same tasks on stock Celery; results as CELERY_RESULT_BACKEND says, off when it is empty."""

import hashlib
import os
import time

from celery import Celery

backend = os.environ.get("CELERY_RESULT_BACKEND", "")

app = Celery("bench", broker=os.environ["CELERY_BROKER_URL"], backend=backend or None)
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_default_queue=os.environ.get("TASK_DEFAULT_QUEUE", "celery"),
    task_ignore_result=not backend,
    result_expires=int(os.environ.get("RESULT_EXPIRES_SECONDS", "600")),
)


@app.task(name="bench.noop")
def noop():
    return None


@app.task(name="bench.add")
def add(x, y):
    return x + y


@app.task(name="bench.total")
def total(values):
    return sum(values)


@app.task(name="bench.wait")
def wait(ms):
    time.sleep(ms / 1000)


@app.task(name="bench.primes")
def primes(below):
    count = 0
    for candidate in range(2, below):
        divisor = 2
        while divisor * divisor <= candidate and candidate % divisor != 0:
            divisor += 1
        if divisor * divisor > candidate:
            count += 1
    return count


@app.task(name="bench.pbkdf2")
def pbkdf2(rounds):
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", rounds)


@app.task(bind=True, name="bench.mark", ignore_result=True)
def mark(self, queue, name):
    with app.producer_or_acquire() as producer:
        producer.publish(name, exchange="", routing_key=queue, serializer="json", delivery_mode=1)
