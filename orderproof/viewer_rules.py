"""What the viewer judges and speaks by, written from the domain's own tables as a module.

python -m orderproof.viewer_rules
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from domain.catalogue import CATALOGUE
from domain.contents import CONTENTS
from domain.money import EXPONENTS
from domain.policy import POLICY
from domain.sentences import LANGUAGES
from domain.verdict import NEXT_ACTORS, RANKING
from domain.words.language import Language

MODULE = Path(__file__).parents[1] / "archive" / "viewer" / "rules.mjs"

_HEAD = "// Written by `make docs` from the tables in `domain/`; do not edit it here.\n\n"
_POLICY = (
    "version",
    "window_weekdays",
    "marketplaces",
    "not_marketplaces",
    "methods_without_reference",
    "no_funds_reasons",
    "money_demands",
    "money_demands_with_amount",
    "answer_days",
    "reference_alarm_days",
    "submit_days",
)


def rules() -> str:
    """Return the module's text."""
    value = {
        "policy": _policy(),
        "ranking": [str(code) for code in RANKING],
        "next_actors": {str(code): actor for code, actor in NEXT_ACTORS.items()},
        "schemas": {name: CATALOGUE[name].schema for name in sorted(CONTENTS)},
        "exponents": EXPONENTS,
        "languages": {code: _language(words) for code, words in LANGUAGES.items()},
    }
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return f"{_HEAD}export const RULES = {text};\n"


def _policy() -> dict[str, Any]:
    values = {name: getattr(POLICY, name) for name in _POLICY}
    plain = {n: sorted(v) if isinstance(v, frozenset) else v for n, v in values.items()}
    return plain | {
        "windows": [
            {"psp": row.psp, "method": row.method, "country": row.country, "weekdays": row.weekdays}
            for row in POLICY.windows
        ],
        "tolerances": [
            {"psp": row.psp, "percent": row.percent, "cap_units": row.cap_units}
            for row in POLICY.tolerances
        ],
    }


def _language(words: Language) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(words)
    return {name: value for name, value in told.items() if name not in ("letters", "findings")}


def main() -> None:
    """Write the module."""
    MODULE.write_text(rules(), encoding="utf-8")


if __name__ == "__main__":
    main()
