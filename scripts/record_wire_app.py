"""The recorded Celery application; part of scripts/record-wire."""

from datetime import datetime, timezone

from celery import Celery

NOW = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
SINK = 'record.sink'


def make_app(broker, **conf):
    app = Celery('recorder', broker=broker, backend=conf.pop('backend', 'rpc://'))
    app.conf.update(
        task_default_queue=SINK,
        accept_content=['json', 'msgpack', 'yaml'],
        task_track_started=True,
        worker_send_task_events=True,
        **conf,
    )

    @app.task(name='record.add', shared=False)
    def add(x, y):
        return x + y

    @app.task(name='record.sum', shared=False)
    def total(numbers):
        return sum(numbers)

    @app.task(name='record.fail', shared=False)
    def fail():
        raise ValueError('bad', 1)

    @app.task(name='record.retry', shared=False, bind=True, max_retries=3)
    def retry(self, x):
        raise self.retry(exc=KeyError('again'), countdown=30, queue=SINK)

    app.finalize()
    return app


def freeze_time(app):
    app.now = lambda: NOW
    return app
