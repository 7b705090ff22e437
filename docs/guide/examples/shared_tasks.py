"""The same task names in Python; `celery -A shared_tasks worker` serves the queue beside the TypeScript worker."""

import os

from celery import Celery

app = Celery(
    "shared",
    broker=os.environ.get("CELERY_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/"),
    backend="rpc://",
)


@app.task(name="guide.language")
def language(text):
    return f"python: {text}"
