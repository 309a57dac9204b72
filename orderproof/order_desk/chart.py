"""A report's bars as SVG: one picture without scripts, fonts or colours from elsewhere.

The table stands beside it wherever it is shown: the picture holds no number that the table lacks.
"""

from xml.sax.saxutils import escape

from orderproof.order_desk.report import Cell, Report

_WIDTH = 760
_LABEL = 280
_BAR = 380
_LINE = 26
_TOP = 56
_LONGEST = 38
"""Characters of a label that fit beside the bars."""


def draw(report: Report, title: str, note: str, unit: str) -> str:
    """Return a report as a chart of horizontal bars.

    Args:
        report: what is drawn.
        title: above the bars.
        note: below the title: what the report is of.
        unit: what the length of a bar counts.
    """
    bars = [_bar(report, row) for row in report.dicts()]
    longest = max((value for _, value in bars if value is not None), default=0) or 1
    height = _TOP + _LINE * max(len(bars), 1) + 16
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="13"'
        ' fill="#1a1a1a">'
    )
    lines = [
        head,
        f"<title>{_text(title)}</title>",
        f"<desc>{_text(note)}; {_text(unit)}</desc>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="16" font-weight="bold">{_text(title)}</text>',
        f'<text x="12" y="42" fill="#555555">{_text(note)}; {_text(unit)}</text>',
    ]
    for number, (label, value) in enumerate(bars):
        lines += _draw_bar(label, value, longest, _TOP + _LINE * number)
    return "\n".join([*lines, "</svg>", ""])


def _bar(report: Report, row: dict[str, Cell]) -> tuple[str, float | None]:
    label = ", ".join(str(row[name]) for name in report.label if row[name] not in (None, ""))
    value = row[report.bar]
    return label, float(value) if isinstance(value, int | float) else None


def _draw_bar(label: str, value: float | None, longest: float, top: int) -> list[str]:
    short = label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"
    width = 0 if value is None else max(round(_BAR * value / longest), 0)
    shown = "–" if value is None else f"{value:g}"
    return [
        f'<text x="{_LABEL - 8}" y="{top + 17}" text-anchor="end">{_text(short)}</text>',
        f'<rect x="{_LABEL}" y="{top + 4}" width="{width}" height="{_LINE - 8}" fill="#2f5f8f"/>',
        f'<text x="{_LABEL + width + 8}" y="{top + 17}">{shown}</text>',
    ]


def _text(text: str) -> str:
    # Control characters are no characters of XML 1.0, whatever escapes them.
    return escape("".join(letter for letter in text if letter.isprintable()))
