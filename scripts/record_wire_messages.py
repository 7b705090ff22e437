"""Messages off the broker as JSON, free of what differs from run to run; part of scripts/record-wire."""

import base64
import json
import re
import socket
import time

from kombu.serialization import loads

UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')
ISO = re.compile(r'20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)?')
STACK_FILE = re.compile(r'File \\?"[^"\\]*/([^/"\\]+)\\?", line \d+')
VOLATILE_NUMBERS = {
    'timestamp': 1900000000.25,
    'runtime': 0.0125,
    'expires': 1900000001.5,
    'pid': 4711,
    'loadavg': [0.5, 0.25, 0.125],
    'clock': 7,
    'active': 0,
    'processed': 0,
}


class Normalizer:
    """Replaces what differs from run to run by fixed stand-ins, equal things by equal ones, in order of appearance."""

    def __init__(self):
        self.ids = {}

    def text(self, text):
        text = UUID.sub(self._uuid, text)
        text = ISO.sub(lambda m: m.group() if m.group().startswith('2030') else '2030-01-01T00:00:00.123456+00:00', text)
        text = STACK_FILE.sub(lambda m: m.group().replace(m.group().split('"')[1].rstrip('\\'), f'/python/{m.group(1)}'), text)
        text = re.sub(r'line \d+, in', 'line 1, in', text)
        text = re.sub(r'gen\d+@', 'gen4711@', text)
        return text.replace(socket.gethostname(), 'node.example') if socket.gethostname() else text

    def value(self, value, key=None):
        if key in VOLATILE_NUMBERS and isinstance(value, (int, float, list)) and not isinstance(value, bool) and value:
            return VOLATILE_NUMBERS[key]
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(k): self.value(v, k) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(v) for v in value]
        return value

    def _uuid(self, match):
        number = self.ids.setdefault(match.group(), len(self.ids) + 1)
        return f'00000000-0000-4000-8000-{number:012d}'


def body_bytes(message):
    return message.body if isinstance(message.body, bytes) else message.body.encode()


def content_of(raw, textual, normalizer):
    if not textual:
        return {'base64': base64.b64encode(raw).decode()}
    return {'text': json.dumps(normalizer.value(json.loads(raw)))}


def record(message, normalizer):
    """A message as JSON: where it went, its properties, headers with AMQP types, its body decoded and as it was."""
    raw = body_bytes(message)
    properties = dict(message.properties)
    headers = properties.pop('application_headers', {})
    textual = properties.get('content_type') == 'application/json' and 'compression' not in headers
    packed = raw
    if 'compression' in headers:
        from kombu.compression import decompress
        packed = decompress(raw, headers['compression'])
    accept = {'application/json', 'application/x-msgpack', 'application/x-yaml'}
    body = loads(packed, properties.get('content_type'), properties.get('content_encoding'), accept=accept)
    return {
        'exchange': message.delivery_info.get('exchange'),
        'routing_key': normalizer.text(message.delivery_info.get('routing_key')),
        'properties': normalizer.value(properties),
        'headers': normalizer.value(headers),
        'header_types': getattr(message, 'header_types', {}),
        'body': normalizer.value(body),
        'content': content_of(raw, textual, normalizer),
    }


def drain(channel, queue, deadline=0.0):
    """All messages of a queue, waiting until the deadline for the first."""
    messages, until = [], time.monotonic() + deadline
    while True:
        message = channel.basic_get(queue, no_ack=True)
        if message is not None:
            messages.append(message)
        elif messages or time.monotonic() > until:
            return messages
        else:
            time.sleep(0.02)
