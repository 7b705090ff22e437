from analysis import analyse
from app import app


@app.task(name="ai.analyze")
def analyze(text):
    if not isinstance(text, str):
        raise ValueError("text must be a string")
    return analyse(text)
