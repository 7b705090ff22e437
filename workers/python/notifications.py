from app import app
from messages import publish
from service_desk import render


@app.task(name="notifications.send", bind=True)
def send(self, type, recipient, values=None):
    if not isinstance(type, str):
        raise ValueError("type must be a string")
    if not isinstance(recipient, str):
        raise ValueError("recipient must be a string")
    notification = render(type, recipient, values if isinstance(values, dict) else {})
    publish("notifications", f"notify.{type}", notification, self.request.id)
    return notification
