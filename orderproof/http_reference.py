"""Writes `docs/reference/openapi.json`, the description of the HTTP API: `make docs` runs it."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from api.app import Service, make

FILE = Path(__file__).parents[1] / "docs" / "reference" / "openapi.json"


def document() -> dict[str, Any]:
    """Return the description; nothing that answers is needed for it."""
    nothing = cast("Any", None)
    app = make(
        Service(
            gate=nothing,
            record=nothing,
            door=nothing,
            answers=nothing,
            revealer=nothing,
            searcher=nothing,
            exports=nothing,
            proofs=nothing,
            sessions=nothing,
            cursor_key=bytes(32),
            desk=nothing,
            tracking=nothing,
            claims=nothing,
            evidence=nothing,
            state=nothing,
            check=nothing,
            version=version("orderproof"),
        )
    )
    return app.openapi()


def text() -> str:
    """Return the file's text."""
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
