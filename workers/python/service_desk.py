"""Checks, classifies and notifies: the twin of workers/tasks/service-desk, on the same data files."""

import re
import unicodedata

from analysis import analyse, load, words_of

RULES = load("ticket-rules")
TEMPLATES = load("notification-templates")
FIELDS = ("id", "subject", "body")
PLACEHOLDER = re.compile(r"\{\{([a-z_]+)\}\}")
CJK = re.compile(r"[\u3040-\u9fff]")


def written(text):
    return any(unicodedata.category(character)[0] in "LNS" for character in text)


def check_ticket(value):
    fields = value if isinstance(value, dict) else {}
    problems = []
    ticket = dict.fromkeys(FIELDS, "")
    for field in FIELDS:
        text = fields.get(field)
        limit = RULES["limits"][field]
        if not isinstance(text, str):
            problems.append({"field": field, "message": "must be a string"})
        elif len(text) > limit:
            problems.append({"field": field, "message": f"is longer than {limit} characters"})
        else:
            ticket[field] = text
    if not problems and not written(ticket["id"]):
        problems.append({"field": "id", "message": "is empty"})
    if not problems and not written(ticket["subject"] + ticket["body"]):
        problems.append({"field": "body", "message": "subject and body are empty"})
    return ticket, problems


def searchable(text):
    return f" {' '.join(word for word, _ in words_of(text))} "


def contains(text, term):
    return term in text.replace(" ", "") if CJK.search(term) else f" {term}" in text


def hits(text, terms):
    return sum(contains(text, term) for term in terms)


def category_of(subject, body):
    best, best_score = RULES["fallbackCategory"], 0
    for rule in RULES["categories"]:
        score = RULES["subjectWeight"] * hits(subject, rule["terms"]) + hits(body, rule["terms"])
        if score > best_score:
            best, best_score = rule["category"], score
    return best


def priority_of(text, category, sentiment_score):
    rule = RULES["priority"]
    points = rule["categoryPoints"].get(category, 0)
    points += sum(group["points"] for group in rule["terms"] if hits(text, group["terms"]))
    if sentiment_score <= rule["unhappyAtOrBelow"]:
        points += rule["unhappyPoints"]
    return next(level["priority"] for level in rule["levels"] if points >= level["from"])


def classify(value):
    ticket, problems = check_ticket(value)
    if problems:
        return {
            "ticket_id": ticket["id"],
            "status": "rejected",
            "problems": problems,
            "category": None,
            "priority": None,
            "language": None,
        }
    analysis = analyse(f"{ticket['subject']}\n{ticket['body']}")
    subject, body = searchable(ticket["subject"]), searchable(ticket["body"])
    category = category_of(subject, body)
    return {
        "ticket_id": ticket["id"],
        "status": "accepted",
        "problems": [],
        "category": category,
        "priority": priority_of(subject + body, category, analysis["sentiment"]["score"]),
        "language": analysis["language"]["code"],
    }


def render(notification_type, recipient, values):
    template = TEMPLATES.get(notification_type)
    if template is None:
        raise ValueError(f"unknown notification type: {notification_type}")

    def fill(match):
        value = values.get(match[1])
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return str(value)
        if isinstance(value, float) and value.is_integer():
            return str(int(value))  # JSON has one kind of number: 3.0 and 3 read the same.
        raise ValueError(f"{notification_type} needs a text or whole number for: {match[1]}")

    return {
        "type": notification_type,
        "recipient": recipient,
        "subject": PLACEHOLDER.sub(fill, template["subject"]),
        "body": PLACEHOLDER.sub(fill, template["body"]),
    }
