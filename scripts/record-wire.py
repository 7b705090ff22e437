"""Publishes with the installed Celery, takes the messages off the broker, and writes them as JSON. See scripts/record-wire."""

import argparse
import importlib.metadata
import json
import os
import time
from pathlib import Path

from record_wire_app import make_app
from record_wire_headers import keep_raw_headers
from record_wire_reprs import record_reprs
from record_wire_tasks import record_tasks
from record_wire_worker import record_worker, run_worker


def write(folder, name, data):
    (folder / f'{name}.json').write_text(json.dumps(data, indent=1, ensure_ascii=False, default=str) + '\n', encoding='utf-8')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--broker', required=True)
    parser.add_argument('--output', type=Path)
    parser.add_argument('--worker', action='store_true', help='run the recorded worker (used by the recorder itself)')
    options = parser.parse_args()
    if options.worker:
        run_worker(options.broker)
        return
    os.environ['TZ'] = 'UTC'
    time.tzset()
    keep_raw_headers()
    connection = make_app(options.broker).connection_for_read()
    channel = connection.default_channel
    folder = options.output / importlib.metadata.version('celery')
    folder.mkdir(parents=True, exist_ok=True)
    names = ('celery', 'kombu', 'amqp', 'billiard')
    write(folder, 'versions', {name: importlib.metadata.version(name) for name in names})
    write(folder, 'tasks', record_tasks(options.broker, channel))
    for name, data in record_worker(options.broker, channel).items():
        write(folder, name, data)
    write(folder, 'saferepr', record_reprs())
    connection.release()
    print(f'recorded into {folder}')


if __name__ == '__main__':
    main()
