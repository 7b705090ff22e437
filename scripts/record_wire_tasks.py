"""The task messages that are recorded; part of scripts/record-wire."""

import sys
from datetime import timedelta

from celery import chain, chord, group
from record_wire_app import NOW, SINK, freeze_time, make_app
from record_wire_messages import Normalizer, drain, record


def task_cases(app, chords, v1):
    add = app.tasks['record.add']
    other = chords.tasks['record.add']
    cases = {
        'plain': lambda: add.delay(2, 3),
        'list-args': lambda: add.apply_async([2, 3]),
        'send-task': lambda: app.send_task('record.add', [2], {'y': "it's"}),
        'eta': lambda: add.apply_async((2, 3), eta=NOW + timedelta(hours=1)),
        'eta-whole-second': lambda: add.apply_async((2, 3), eta=NOW.replace(microsecond=0)),
        'countdown': lambda: add.apply_async((2, 3), countdown=90),
        'expires-seconds': lambda: add.apply_async((2, 3), expires=50),
        'expires-datetime': lambda: add.apply_async((2, 3), expires=NOW + timedelta(minutes=5)),
        'priority': lambda: add.apply_async((2, 3), priority=9),
        'time-limits': lambda: add.apply_async((2, 3), time_limit=300, soft_time_limit=200),
        'headers': lambda: add.apply_async((2, 3), headers={'tenant': 'blue', 'big': 3000000000, 'small': 200}),
        'shadow': lambda: add.apply_async((2, 3), shadow='other.name'),
        'ignore-result': lambda: add.apply_async((2, 3), ignore_result=True),
        'link': lambda: add.apply_async((2, 3), link=add.s(10)),
        'link-error': lambda: add.apply_async((2, 3), link_error=[add.si(1, 1)]),
        'transient': lambda: add.apply_async((2, 3), delivery_mode=1),
        'root-parent': lambda: add.apply_async((2, 3), root_id='root-1', parent_id='parent-1'),
        'chain': lambda: chain(add.s(1, 1), add.s(2), add.s(3)).apply_async(),
        'group': lambda: group(add.s(1, 1), add.s(2, 2)).apply_async(),
        'chord': lambda: chord([other.s(1, 1), other.s(2, 2)], chords.tasks['record.sum'].s()).apply_async(),
        'unicode': lambda: app.send_task('record.unknown', ['naïve 日本 🎉'], kwargs={'ключ': None, 'pi': 3.5, 'ok': True}),
        'msgpack': lambda: add.apply_async((2, 3), serializer='msgpack'),
        'yaml': lambda: add.apply_async((2, 'yes'), serializer='yaml'),
        'zlib': lambda: add.apply_async((2, 'x' * 200), compression='zlib', task_id='zlib-task'),
        'datetime-arg': lambda: add.apply_async((NOW, b'bytes')) if sys.modules['kombu'].__version__ >= '5.3' else None,
        'v1': lambda: v1.tasks['record.add'].apply_async((2, 3), countdown=90),
    }
    if hasattr(add.s(), 'stamp'):
        cases['stamps'] = lambda: add.s(2, 3).stamp(customer='acme').apply_async()
    return cases


def record_tasks(broker, channel):
    app = freeze_time(make_app(broker))
    chords = freeze_time(make_app(broker, backend='cache+memory://'))
    v1 = freeze_time(make_app(broker, task_protocol=1))
    channel.queue_declare(SINK, durable=True, auto_delete=False)
    recorded = {}
    for name, publish in task_cases(app, chords, v1).items():
        if publish() is None:
            continue
        normalizer = Normalizer()
        recorded[name] = [record(message, normalizer) for message in drain(channel, SINK, 5)]
    return recorded
