"""Language, sentiment and keywords of a text: the twin of workers/tasks/analysis, on the same data files."""

import json
import unicodedata
from collections import Counter
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "tasks" / "data"

MAX_ANALYSED_CHARACTERS = 10_000
STOP_WORD_WEIGHT = 400
NEGATION_REACH = 3
NEUTRAL_BELOW = 2
MAX_MATCHES = 10
MAX_KEYWORDS = 8
MIN_LETTERS = 3
LONGEST_HAN_WORD = 4


def load(name):
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


SCRIPTS = load("scripts")
SENTIMENT = load("sentiment")
NEGATORS = frozenset(SENTIMENT["negators"])
MODELS = [
    {
        "code": language["code"],
        "name": language["name"],
        "script": language["script"],
        "trigrams": {trigram: 300 - rank for rank, trigram in enumerate(language["trigrams"].split("|"))},
        "stop_words": frozenset(language["stopWords"].split(" ")),
    }
    for language in load("languages")["languages"]
]
STOP_WORDS = {model["code"]: model["stop_words"] for model in MODELS}


def script_of(letter):
    code_point = ord(letter)
    if code_point < 880:
        return "Latin"
    for entry in SCRIPTS:
        if any(first <= code_point <= last for first, last in entry["ranges"]):
            return entry["script"]
    return "Latin"


def normalized(text):
    return unicodedata.normalize("NFC", text).lower()[:MAX_ANALYSED_CHARACTERS]


def words_of(text):
    """Pairs of a word in lower case and its writing system."""
    words = []
    word, word_script = "", ""
    for character in normalized(text):
        category = unicodedata.category(character)
        if category.startswith("L"):
            script = script_of(character)
            if script != word_script and word:
                words.append((word, word_script))
                word = ""
            word += character
            word_script = script
        elif word and category.startswith("M"):
            word += character
        elif word:
            words.append((word, word_script))
            word = ""
    if word:
        words.append((word, word_script))
    return words


def main_script(words):
    letters = {}
    for word, script in words:
        letters[script] = letters.get(script, 0) + len(word)
    kana = letters.get("Hiragana", 0) + letters.get("Katakana", 0)
    if kana:
        letters["Japanese"] = kana + letters.get("Han", 0)
        for part in ("Hiragana", "Katakana", "Han"):
            letters.pop(part, None)
    return max(letters, key=letters.get, default=None)


def score(model, words):
    text = f" {' '.join(words)} "
    trigrams = model["trigrams"]
    total = sum(trigrams.get(text[start : start + 3], 0) for start in range(len(text) - 2))
    return total + STOP_WORD_WEIGHT * sum(word in model["stop_words"] for word in words)


def language_of(words):
    script = main_script(words)
    candidates = [model for model in MODELS if model["script"] == script]
    best = candidates[0] if len(candidates) == 1 else None
    if len(candidates) > 1:
        texts = [word for word, _ in words]
        best_score, best = max(
            ((score(model, texts), model) for model in candidates), key=lambda scored: scored[0]
        )
        if best_score == 0:
            best = None
    if best is None:
        return {"code": "und", "name": "Undetermined"}
    return {"code": best["code"], "name": best["name"]}


def sentiment_of(words, characters, language):
    matches = []
    total = 0
    if language == "en":
        for index, (word, _) in enumerate(words):
            valence = SENTIMENT["words"].get(word)
            if valence is None:
                continue
            before = words[max(0, index - NEGATION_REACH) : index]
            total += -valence if any(earlier in NEGATORS for earlier, _ in before) else valence
            matches.append(word)
    for character in characters:
        valence = SENTIMENT["emoji"].get(character)
        if valence is not None:
            total += valence
            matches.append(character)
    label = "positive" if total >= NEUTRAL_BELOW else "negative" if total <= -NEUTRAL_BELOW else "neutral"
    return {"label": label, "score": total, "matches": matches[:MAX_MATCHES]}


def keyword_candidates(word, script):
    if script == "Hiragana":
        return []
    if script == "Han":
        if len(word) < 2:
            return []
        if len(word) > LONGEST_HAN_WORD:
            return [word[start : start + 2] for start in range(len(word) - 1)]
        return [word]
    return [word] if len(word) >= MIN_LETTERS else []


def keywords_of(words, language):
    ignored = STOP_WORDS.get(language, frozenset()) | STOP_WORDS["en"]
    counts = Counter(
        candidate
        for word, script in words
        for candidate in keyword_candidates(word, script)
        if candidate not in ignored
    )
    return [word for word, _ in sorted(counts.items(), key=lambda entry: -entry[1])[:MAX_KEYWORDS]]


def analyse(text):
    words = words_of(text)
    language = language_of(words)
    return {
        "language": language,
        "sentiment": sentiment_of(words, normalized(text), language["code"]),
        "keywords": keywords_of(words, language["code"]),
        "words": len(words),
    }
