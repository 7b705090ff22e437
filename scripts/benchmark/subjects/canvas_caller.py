"""Applies the canvases it is asked for ("chord 1000", "chain 100") and answers the milliseconds to the last result."""

import sys
import time

from celery import chain, chord

from python_app import add, app, total

app.conf.task_default_queue = sys.argv[1]


def build(shape, size):
    if shape == "chord":
        return chord([add.s(number, 0) for number in range(size)], total.s())
    return chain(add.s(0, 0), *(add.s(number) for number in range(1, size)))


print("ready", flush=True)
for line in sys.stdin:
    shape, size = line.split()
    canvas = build(shape, int(size))
    started = time.perf_counter()
    value = canvas.apply_async().get(timeout=60)
    elapsed = (time.perf_counter() - started) * 1000
    print(elapsed if value == int(size) * (int(size) - 1) // 2 else "wrong", flush=True)
