"""The pack's own words, in English and in Chinese."""

from evidence.words.chinese import CHINESE
from evidence.words.english import ENGLISH
from evidence.words.page import Page

PAGES: dict[str, Page] = {"en": ENGLISH, "zh": CHINESE}
"""By the code of the language that the answer is in."""
