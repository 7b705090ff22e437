from app import app


@app.task(name="tasks.add")
def add(x, y):
    return x + y
