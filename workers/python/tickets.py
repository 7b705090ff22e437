from datetime import datetime, timezone

from app import app
from messages import publish
from service_desk import classify


@app.task(name="tickets.process", bind=True)
def process(self, ticket):
    verdict = classify(ticket)
    event = "ticket.created" if verdict["status"] == "accepted" else "ticket.rejected"
    occurred_at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # The task's id names the message: a task that runs twice sends an event its readers can recognise.
    publish("tickets", event, {"event": event, "occurred_at": occurred_at, **verdict}, self.request.id)
    return verdict
