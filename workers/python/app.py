"""The stock Celery application beside the TypeScript worker: `celery -A app worker`, started in this folder."""

import os

from celery import Celery

app = Celery("service_desk", include=["arithmetic", "tickets", "ai", "notifications"])
app.conf.update(
    # CELERY_BROKER_URL is read by Celery itself.
    result_backend=os.environ.get("CELERY_RESULT_BACKEND", "rpc://"),
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    result_extended=True,
    # A restarted worker must neither lose the task it held nor the message it was sending.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    broker_transport_options={"confirm_publish": True},
    broker_connection_retry_on_startup=True,
    worker_send_task_events=True,
    task_send_sent_event=True,
    worker_prefetch_multiplier=4,
)
