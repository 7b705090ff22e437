"""What a real worker says: results, a retry, events, control; part of scripts/record-wire."""

import signal
import subprocess
import sys
import time

import kombu.pidbox
from record_wire_app import SINK, make_app
from record_wire_messages import Normalizer, drain, record

NODE = 'recorder@node.example'
WORK = 'record.work'
RESULTS = 'record.results'
CALLER = 'f0000000-0000-3000-8000-00000000ca11'


def start_worker(broker):
    command = [sys.executable, sys.argv[0], '--broker', broker, '--worker']
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def run_worker(broker):
    app = make_app(broker)
    app.worker_main(['worker', '-P', 'solo', '-Q', WORK, '-E', '-n', NODE, '--without-mingle', '--without-gossip', '-l', 'WARNING'])


def wait_for_worker(app):
    until = time.monotonic() + 60
    while not app.control.ping(timeout=0.5):
        if time.monotonic() > until:
            raise SystemExit('the worker did not answer')


def record_results(app, channel):
    channel.queue_declare(RESULTS, durable=True, auto_delete=False)
    recorded = {}

    def run(name, task, args, ready, **options):
        app.send_task(task, args, queue=WORK, reply_to=RESULTS, task_id=f'{name}-task', **options)
        normalizer, states = Normalizer(), []
        while ready not in [state['body']['status'] for state in states]:
            messages = drain(channel, RESULTS, 10)
            if not messages:
                raise SystemExit(f'no {ready} of {name} came')
            states += [record(message, normalizer) for message in messages]
        recorded[name] = states

    run('success', 'record.add', [2, 3], 'SUCCESS')
    run('failure', 'record.fail', [], 'FAILURE')
    run('retry', 'record.retry', [1], 'RETRY', priority=3, time_limit=300, headers={'tenant': 'blue'})
    app.control.revoke('revoked-task', reply=True, timeout=1)
    run('revoked', 'record.add', [2, 3], 'REVOKED')
    return recorded


def flat_events(messages, normalizer):
    events = [record(message, normalizer) for message in messages]
    return {f"{index:02d}-{event['routing_key']}": event for index, event in enumerate(events)}


def record_worker(broker, channel):
    app = make_app(broker)
    # Every call makes a mailbox with a name of its own; ours is fixed, so that copies of the replies can be had.
    kombu.pidbox.Mailbox.oid = CALLER
    worker = start_worker(broker)
    try:
        wait_for_worker(app)
        for queue, exchange, key in (
            ('record.events', 'celeryev', '#'),
            ('record.requests', 'celery.pidbox', ''),
            ('record.replies', 'reply.celery.pidbox', CALLER),
        ):
            channel.queue_declare(queue, durable=True, auto_delete=False)
            channel.queue_bind(queue, exchange, key)
        results = record_results(app, channel)
        retried = [record(message, Normalizer()) for message in drain(channel, SINK, 5)]
        time.sleep(2.5)
        events = flat_events(drain(channel, 'record.events', 5), Normalizer())
        drain(channel, 'record.requests'), drain(channel, 'record.replies')
        inspect = app.control.inspect(timeout=0.5)
        requests, replies = {}, {}
        for name, call in {
            'ping': inspect.ping,
            'active': inspect.active,
            'registered': inspect.registered,
            'clock': inspect.clock,
            'revoke': lambda: app.control.revoke('some-task', terminate=True, signal='SIGKILL', reply=True, timeout=0.5),
            'unknown': lambda: app.control.broadcast('no_such_command', reply=True, timeout=0.5),
            'destination': lambda: app.control.broadcast('ping', destination=[NODE], reply=True, timeout=0.5),
            'no-reply': lambda: app.control.broadcast('heartbeat'),
        }.items():
            call()
            normalizer = Normalizer()
            requests[name] = [record(m, normalizer) for m in drain(channel, 'record.requests', 2)]
            replies[name] = [record(m, normalizer) for m in drain(channel, 'record.replies')]
        return {
            'results': results,
            'retry-message': retried,
            'events': events,
            'control-requests': requests,
            'control-replies': replies,
        }
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
