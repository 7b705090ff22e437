"""Encrypted task bodies and results for stock Celery: `import encryption; encryption.setup(app)`, on workers and clients alike.

The twin of celery/security/payload-encryption.ts. Needs `cryptography`, and the keys in CELERY_ENCRYPTION_KEYS or the file that
CELERY_ENCRYPTION_KEYS_FILE names, as `id:base64`; the first one encrypts.
"""

import base64
import json
import os
import re
from contextvars import ContextVar

from celery.app.control import Control
from celery.exceptions import InvalidTaskError
from celery.signals import before_task_publish
from celery.worker.request import Request
from celery.worker.strategy import default
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kombu.exceptions import DecodeError
from kombu.serialization import dumps, loads, registry

CONTENT_TYPE = "application/vnd.celery-gateway.encrypted+json"
HIDDEN = "(encrypted)"
NAME = "encrypted"
RESULT = ("result",)
# Of events; each may quote arguments or result.
TELLING = ("result", "exception", "traceback")

# The task that is published right now: kombu's serializers are not told.
_publishing = ContextVar("publishing", default=None)
_cipher = None
_required = True


def keys_of(text):
    keys = {}
    for entry in re.split(r"[\s,]+", text.strip()):
        name, _, secret = entry.partition(":")
        keys[name] = base64.b64decode(secret.replace("-", "+").replace("_", "/") + "==")
        if not name or len(keys[name]) != 32:
            raise ValueError("an encryption key is not id:base64 of 32 bytes")
    return keys


class Cipher:
    def __init__(self, keys):
        self.ciphers = {name: AESGCM(secret) for name, secret in keys.items()}
        self.newest = next(iter(keys))

    def encrypt(self, content, content_type, encoding, owner):
        nonce = os.urandom(12)
        fields = {"v": 1, "kid": self.newest, "type": content_type, "encoding": encoding}
        data = self.ciphers[self.newest].encrypt(nonce, content, associated(fields, owner))
        return json.dumps({**fields, "iv": base64.b64encode(nonce).decode(), "data": base64.b64encode(data).decode()})

    def decrypt(self, envelope, owner):
        """Content, content type and encoding. Raises ValueError for content that was changed, or is another's."""
        try:
            fields = json.loads(envelope)
            nonce, data = base64.b64decode(fields["iv"]), base64.b64decode(fields["data"])
            content = self.ciphers[fields["kid"]].decrypt(nonce, data, associated(fields, owner))
            return content, fields["type"], fields["encoding"]
        except (InvalidTag, KeyError, TypeError, ValueError) as error:
            raise ValueError("the content cannot be decrypted") from error


def associated(fields, owner):
    bound = [fields["v"], fields["kid"], fields["type"], fields["encoding"], *owner]
    return json.dumps(bound, separators=(",", ":"), ensure_ascii=False).encode()


def encode(data):
    content_type, encoding, content = dumps(data, serializer="json")
    owner = _publishing.get()
    is_task = owner is not None and isinstance(data, (list, tuple)) and len(data) == 3
    content = content.encode() if isinstance(content, str) else content
    return _cipher.encrypt(content, content_type, encoding, owner if is_task else RESULT)


def decode(envelope):
    """Of results: what a task's message holds the strategy below has decrypted before."""
    content, content_type, encoding = _cipher.decrypt(envelope, RESULT)
    return loads(content, content_type, encoding, accept=["application/json"])


def open_message(message):
    if message.content_type != CONTENT_TYPE:
        if _required:
            raise InvalidTaskError("the message is not encrypted")
        return
    owner = ("task", message.headers.get("id"), message.headers.get("task"))
    try:
        message.body, message.content_type, message.content_encoding = _cipher.decrypt(message.body, owner)
    except ValueError as error:
        raise InvalidTaskError(str(error)) from error


def strategy(task, app, consumer, **options):
    """Celery's own, with the message decrypted before it: only here are headers and body together."""
    hide_in_events(consumer.event_dispatcher)
    handle = default(task, app, consumer, **options)

    def on_message(message, body, *args, **kwargs):
        open_message(message)
        return handle(message, body, *args, **kwargs)

    return on_message


def hide_in_events(dispatcher):
    if dispatcher is None or hasattr(dispatcher, "open_send"):
        return
    dispatcher.open_send = dispatcher.send

    def send(type, *args, **fields):
        hidden = {name: HIDDEN for name in TELLING if name in fields}
        return dispatcher.open_send(type, *args, **{**fields, **hidden})

    dispatcher.send = send


class PlainControl(Control):
    """Remote control in JSON, as workers in TypeScript and gateways speak it: it holds task names and ids, and no arguments."""

    def __init__(self, app=None):
        super().__init__(app)
        self.mailbox.serializer = "json"


class HiddenRequest(Request):
    def info(self, safe=False):
        return super().info(safe=True)


def setup(app, results=True, required=True):
    """Encrypts what this process sends, and decrypts what it reads. `required=False` also reads plain tasks."""
    global _cipher, _required
    text = os.environ.get("CELERY_ENCRYPTION_KEYS")
    if text is None:
        with open(os.environ["CELERY_ENCRYPTION_KEYS_FILE"], encoding="ascii") as file:
            text = file.read()
    _cipher, _required = Cipher(keys_of(text)), required
    registry.register(NAME, encode, guarded(decode), content_type=CONTENT_TYPE, content_encoding="utf-8")
    # JSON as well: within a worker bodies go on decrypted. The strategy refuses plain messages.
    app.conf.update(task_serializer=NAME, accept_content=[NAME, "json"], result_accept_content=[NAME, "json"])
    if results:
        app.conf.result_serializer = NAME
    app.Task.Strategy = f"{__name__}:strategy"
    app.Task.Request = f"{__name__}:HiddenRequest"
    app.Task.resultrepr_maxsize = 0
    app.control_cls = f"{__name__}:PlainControl"
    hide_arguments(app)
    before_task_publish.connect(remember, weak=False, dispatch_uid=__name__)


def guarded(decoder):
    def decoded(envelope):
        try:
            return decoder(envelope)
        except ValueError as error:
            raise DecodeError(str(error)) from error

    return decoded


def hide_arguments(app):
    make = app.amqp.task_protocols[2]
    hidden = {"argsrepr": HIDDEN, "kwargsrepr": HIDDEN}
    app.amqp.task_protocols[2] = lambda *args, **options: make(*args, **{**options, **hidden})


def remember(sender=None, headers=None, **_):
    _publishing.set(("task", headers["id"], headers["task"]))
