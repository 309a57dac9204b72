"""Words that our own texts must not use, and foreign text made safe to stand in a sentence."""

BANNED: dict[str, tuple[str, ...]] = {
    "en": (
        "go bust",
        "going bust",
        "gone bust",
        "bankrupt",
        "insolven",
        "go under",
        "out of business",
        "guarantee",
    ),
    "zh": ("倒闭", "破产", "跑路", "关门大吉", "资不抵债", "保证", "担保"),
}
"""Negative words about the seller, and words that bind it to more than it knows, by language."""

_LONGEST = 80


def banned_words(text: str, language: str) -> tuple[str, ...]:
    """Return the banned words that a text in this language uses."""
    folded = text.casefold()
    return tuple(word for word in BANNED.get(language, ()) if word in folded)


def plain(text: str) -> str:
    """Return foreign text for a sentence: one line, no control or direction marks, not too long.

    An order number may hold anything, terminal escapes and right-to-left marks included.
    """
    clean = "".join(letter if letter.isprintable() else "�" for letter in text)
    return clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST]}…"
