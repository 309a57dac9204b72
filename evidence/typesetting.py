"""Pages by typst: PDF/A-3a and PDF/UA-1, the same bytes for the same data on the same fonts."""

import json
import re
import tempfile
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from evidence.attached import Attached

STANDARDS = ["a-3a", "ua-1"]

# Fonts for Chinese, the first that is there: sans before serif, Simplified before others.
_CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
)
_RELATIONS = {True: "source", False: "supplement"}
_UNSHOWN = re.compile(r"the text `(.*?)` could not be displayed", re.DOTALL)
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")


class GlyphMissingError(Exception):
    """No font on the machine shows a character; the message names it and what to install."""


class Typesetter:
    """A compiler that keeps its fonts, since looking for them takes longer than a page does.

    Args:
        font_path: folder with further fonts, which are looked through first.
        system_fonts: whether the machine's fonts are used.
    """

    def __init__(self, font_path: Path | None = None, *, system_fonts: bool = True) -> None:
        folders = [] if font_path is None else [str(font_path)]
        found = typst.Fonts(include_system_fonts=system_fonts, font_paths=folders)
        families = set(found.families())
        self.fonts = [name for name in _CHINESE if name in families][:1]
        self._compiler = typst.Compiler(font_paths=found)

    def typeset(
        self,
        page: dict[str, Any],
        attached: Sequence[Attached],
        day: date,
        template: str = "pack.typ",
    ) -> bytes:
        """Return the PDF of a page's data, with files attached.

        Args:
            page: as `document.page` makes it.
            attached: the files.
            day: the document's date.
            template: the file of this package that sets the data.

        Raises:
            GlyphMissingError: no font has a character of it.
        """
        described = [
            {
                "name": each.name,
                "media_type": each.media_type,
                "description": each.description,
                "relationship": _RELATIONS[each.source],
            }
            for each in attached
        ]
        data = page | {
            "fonts": self.fonts,
            "attached": described,
            "date": [day.year, day.month, day.day],
        }
        project = {
            "main.typ": _template(template),
            "data.json": json.dumps(data, ensure_ascii=False, sort_keys=True).encode(),
        }
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        # In memory typst takes texts only, and what is attached may be any bytes.
        with tempfile.TemporaryDirectory(prefix="orderproof-pack-") as folder:
            for each in attached:
                (Path(folder) / each.name).write_bytes(each.data)
            return self._compile(project, folder, moment)

    def _compile(self, project: dict[str, bytes], folder: str, moment: datetime) -> bytes:
        try:
            made = self._compiler.compile(
                input=project,  # type: ignore[type-var]  # its stub forgets projects in memory
                root=folder,
                format="pdf",
                pdf_standards=STANDARDS,  # type: ignore[arg-type]  # a list of literals
                timestamp=moment,
            )
        except typst.TypstError as error:
            unshown = _UNSHOWN.search(error.message)
            if unshown is None:
                raise
            raise GlyphMissingError(_advice(unshown[1])) from None
        if not isinstance(made, bytes):
            raise TypeError("typst gave no PDF")
        return made


@cache
def _template(name: str) -> bytes:
    return files("evidence").joinpath(name).read_bytes()


def _advice(quoted: str) -> str:
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), quoted).strip('"')
    letter = next((c for c in text if not c.isascii()), text[:1] or "?")
    code = ord(letter)
    name = unicodedata.name(letter, "")
    if name.startswith("CJK") or 0x2E80 <= code <= 0x9FFF or 0x20000 <= code <= 0x3FFFF:
        package = "fonts-noto-cjk"
    elif 0x1F000 <= code <= 0x1FAFF:
        package = "fonts-noto-color-emoji"
    else:
        package = "fonts-noto-core"
    return (
        f"no font on this machine shows U+{code:04X}"
        f"{f' ({name})' if name else ''}, which is in the order's words. "
        f"Next: install fonts for it ({package} on Debian and Ubuntu), or name a folder with "
        "fonts in ORDERPROOF_FONT_PATH"
    )
