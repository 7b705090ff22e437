"""The service desk's stages: the twin of workers/tasks/desk/service-desk.ts, on the same queues. Run it with `python desk.py`."""

import os
import signal
import time

from analysis import analyse
from app import app
from service_desk import check_ticket, classify
from subscribers import Reject, Subscriber, Subscribers

URGENT_PRIORITY = 9
PRIORITIES = {"x-max-priority": 10}


def reporter_of(payload):
    reporter = payload.get("reporter") if isinstance(payload, dict) else None
    return reporter if isinstance(reporter, str) else "somebody"


def triage(context, payload):
    verdict = classify(payload)
    if verdict["status"] == "rejected":
        raise Reject(", ".join(f"{problem['field']} {problem['message']}" for problem in verdict["problems"]))
    urgent = verdict["priority"] == "urgent"
    context.publish(
        "ai_processing",
        f"ai.{verdict['category']}",
        {"ticket": payload, "reporter": reporter_of(payload), "verdict": verdict},
        priority=URGENT_PRIORITY if urgent else context.properties.get("priority", 0),
        message_id=context.properties.get("message_id", verdict["ticket_id"]),
    )


def analysis(languages, analysis_seconds, mail_queue):
    def handle(_context, payload):
        ticket, _ = check_ticket(payload["ticket"])
        language = analyse(f"{ticket['subject']}\n{ticket['body']}")["language"]["code"]
        time.sleep(analysis_seconds)
        if language not in languages:
            raise Exception(f"no model for the language {language}")
        reporter = payload["reporter"]
        values = {"ticket_id": ticket["id"], "name": reporter, "priority": payload["verdict"]["priority"]}
        app.send_task("notifications.send", ("ticket_created", reporter, values), queue=mail_queue)

    return handle


def outbox(_context, payload):
    print(f"a notification leaves the house: {payload['type']} to {payload['recipient']}", flush=True)


def service_desk(languages, mail_queue, analysis_seconds=0):
    return (
        Subscriber("desk.tickets", "tickets", "ticket.created.*", triage, PRIORITIES),
        Subscriber(
            "desk.analysis",
            "ai_processing",
            "ai.#",
            analysis(languages, analysis_seconds, mail_queue),
            PRIORITIES,
            retry_delays=(0.5, 1),
        ),
        Subscriber("desk.outbox", "notifications", "notify.#", outbox),
    )


if __name__ == "__main__":
    desk = service_desk(
        languages=os.environ.get("DESK_LANGUAGES", "en,de").split(","),
        mail_queue=os.environ.get("DESK_MAIL_QUEUE", "desk.mail"),
        analysis_seconds=int(os.environ.get("DESK_ANALYSIS_MS", "0")) / 1000,
    )
    program = Subscribers(app.conf.broker_url, desk)
    program.stop_on(signal.SIGTERM, signal.SIGINT)
    program.run()
