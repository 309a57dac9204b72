"""What was ordered, line by line, with the changes that were made since."""

from collections.abc import Iterable

import msgspec

from domain.content import read_object
from domain.occurrence import Facts
from domain.reading import read_amount, read_text
from domain.tracking import content


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order.

    Args:
        line_no: the line's number, as the shop says.
        sku: the shop's code of the goods.
        title: what they are called.
        quantity: how many; None where it is not a whole number.
    """

    line_no: str | None
    sku: str | None
    title: str | None
    quantity: int | None

    @property
    def name(self) -> str:
        """The title, else the SKU."""
        return self.title or self.sku or ""


def fold_goods(facts: Facts) -> tuple[Goods, ...]:
    """Return the lines of an order as they stand, of facts given in order."""
    placements = facts.of(content.Placed)
    lines = [*_read_lines(placements[0].data.lines)] if placements else []
    for fact in facts.below(content.LineChanged):
        said = fact.data
        if isinstance(said, content.QuantityChanged):
            after = read_amount(said.after)
            lines = [
                msgspec.structs.replace(line, quantity=after) if _is_meant(line, said) else line
                for line in lines
            ]
        elif fact.type == "order.line_added":
            lines += _read_lines([said.line])
        else:
            lines = [line for line in lines if not _is_meant(line, said)]
    return tuple(lines)


def _read_lines(value: object) -> Iterable[Goods]:
    for each in value if isinstance(value, list) else ():
        said = read_object(each, content.Line)
        yield Goods(
            line_no=read_text(said.line_no),
            sku=read_text(said.sku),
            title=read_text(said.title),
            quantity=read_amount(said.quantity),
        )


def _is_meant(line: Goods, said: content.LineChanged) -> bool:
    named = read_object(said.line, content.Line)
    number = read_text(said.line_no) or read_text(named.line_no)
    if number is not None and line.line_no is not None:
        return line.line_no == number
    sku = read_text(said.sku) or read_text(named.sku)
    return sku is not None and line.sku == sku
