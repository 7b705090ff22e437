"""Values whose repr the tests compare, and what the installed Celery shows for them; part of scripts/record-wire."""

import random

from celery.utils.saferepr import saferepr


def repr_values():
    """JSON values whose repr is worth comparing; no whole floats, which JSON makes integers."""
    yield from [
        [], [1], [2, 3], {}, {'a': None}, [True, False, None], ["it's", 'say "hi"', 'back\\slash', 'line\nbreak'],
        [0.5, 1e-05, 1.5e-07, 0.0001, 123456.789, 1e+22, -2.5, 3.14159265358979], [[1, [2, [3, [4]]]]],
        {'a': {'b': {'c': {'d': 1}}}}, [[[]]], [[[[]]]], [[[{}]]], [{'k': [1, 2]}, 'naïve 日本 🎉'], [9007199254740991, -5],
        ['x' * 1023], ['x' * 1024], ['x' * 2000], ['word ' * 400], ['🎉' * 1100], list(range(600)),
        {f'key{i}': i for i in range(200)}, {'text': 'y' * 1500, 'after': [1, 2]}, [['z' * 1020, 1], 2, [3]],
        {'a': ['q' * 1014], 'b': {}}, [1] * 511 + ['end'], [1] * 512, [1] * 342,
    ]
    chance = random.Random(20260101)
    words = ['a', "o'clock", 'two words', 'x' * 30, '', '日本', '🎉 party', 'many words in one text']

    def value(level):
        kind = chance.randrange(9 if level < 5 else 6)
        if kind == 0:
            return chance.randrange(-10 ** 6, 10 ** 6)
        if kind == 1:
            return chance.random() * 10 ** chance.randrange(-8, 8) + 1e-12
        if kind in (2, 3):
            return chance.choice(words)
        if kind in (4, 5):
            return chance.choice([True, False, None])
        if kind in (6, 7):
            return [value(level + 1) for _ in range(chance.randrange(5))]
        return {f'{chance.choice(words)}k{i}': value(level + 1) for i in range(chance.randrange(4))}

    for _ in range(300):
        yield chance.choice([[value(1) for _ in range(chance.randrange(6))], {'k': value(1), 'other key': value(1)}])


def record_reprs():
    chance = random.Random(7)
    cases = []
    for value in repr_values():
        for limit in (1024, chance.randrange(1, 120)):
            shown = tuple(value) if isinstance(value, list) else value
            cases.append({'value': value, 'limit': limit, 'args': saferepr(shown, limit), 'repr': saferepr(value, limit)})
    return cases
