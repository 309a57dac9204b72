"""What a source is to the rest: how its payloads are recognised, translated and proved genuine."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from sources.message import Message

Headers = Mapping[str, str]
"""HTTP headers by their names in lower case."""


class SignatureError(Exception):
    """A webhook is not proved to come from its source. The message holds nothing of the input.

    Args:
        code: `signature-missing`, `signature-form`, `signature-wrong` or `signature-old`.
        message: one sentence for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Format(msgspec.Struct, frozen=True):
    """One source of payloads.

    Args:
        name: as `--format` and the addresses of webhooks know it.
        title: its name for people.
        kind_of: returns the source's own name for what an object is (`charge.refunded`, `refund`),
            None where it is no payload of this source. Looks at little and never raises.
        translate: returns what a payload of a kind says. `raw` are its bytes. Never raises,
            whatever members are missing or of another type: what cannot be understood is told by
            nothing, and the payload is kept.
        check: checks a webhook's signature over its raw bytes, None where the source signs
            nothing. It is given the bytes, the headers, the secrets of which any may have signed
            (two during a rotation) and the time as seconds since 1970, and raises SignatureError.
        split: takes a container apart whose payloads would lose their meaning without it, because
            it alone names their kind: returns one container for each of them, nothing where there
            is nothing to take apart. Never raises.
        opened: returns the JSON of a webhook's body where that is encrypted, or a form; a body that
            is neither comes back as it was. It is given the bytes and the secrets, and raises
            SignatureError. None where a body is its own JSON always.
    """

    name: str
    title: str
    kind_of: Callable[[Mapping[str, Any]], str | None]
    translate: Callable[[str, Mapping[str, Any], bytes], Message]
    check: Callable[[bytes, Headers, Sequence[str], int], None] | None = None
    split: Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]] | None = None
    opened: Callable[[bytes, Sequence[str]], bytes] | None = None


def payloads(
    formats: Sequence[Format], value: Any
) -> Iterator[tuple[Format, str, Mapping[str, Any]]]:
    """Find the payloads in a JSON value: it is one, or they lie in lists and wrappers.

    Recorded calls, documented examples, pages of lists and batches of notifications all hold
    payloads of their source at some depth. Of nested payloads the outermost counts.
    """
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            for each in formats:
                parts = each.split(item) if each.split is not None else ()
                if parts:
                    pending.extend(reversed(parts))
                    break
                kind = each.kind_of(item)
                if kind is not None:
                    yield each, kind, item
                    break
            else:
                pending.extend(reversed(item.values()))
        elif isinstance(item, list):
            pending.extend(reversed(item))
