"""What a pack is made of: a claim's answer, the lines that it stands on, and what proves them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from archive.checkpoint import Checkpoint
from archive.note import Note
from archive.trust import Keyring
from domain.order import Order
from domain.verdict import Verdict
from domain.words.language import Language
from evidence.recorded import Recorded
from evidence.words.page import Page

B_T = "B-T"
B_B = "B-B"


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """An answered claim.

    Args:
        shop: the shop.
        number: the order number.
        order: the folded order.
        verdict: what the rules say.
        integrity: what verification found: `verdict`, `events`, `not_checked` …
        recorded: its events in order.
        words: of the answer.
        page: words of the pack, in the same language.
    """

    shop: str
    number: str
    order: Order
    verdict: Verdict
    integrity: Mapping[str, Any]
    recorded: tuple[Recorded, ...]
    words: Language
    page: Page


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What proves the lines.

    Args:
        origin: name of the log; None where there is no archive yet.
        note: the newest checkpoint as it is signed.
        said: the same without its signatures.
        keyring: the newest keyring.
        unsealed: how many of the events are in no attached history.
        stamped: sizes of the log, before when an authority proves that they existed, and which.
        witnessed: sizes of the log, and the witnesses that cosigned them.
        history: name of the newest attached history.
        keyring_file: name of the attached keyring.
    """

    origin: str | None = None
    note: Note | None = None
    said: Checkpoint | None = None
    keyring: Keyring | None = None
    unsealed: int = 0
    stamped: tuple[tuple[int, str, str], ...] = ()
    witnessed: tuple[tuple[int, tuple[str, ...]], ...] = ()
    history: str | None = None
    keyring_file: str | None = None


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """How the document is signed, as it says itself.

    Args:
        level: B-T, B-B; None where it is not signed.
        why: key of a text that says why it is not more.
        subject: of the certificate.
        fingerprint: SHA-256 of the certificate, hex.
    """

    level: str | None
    why: str = ""
    subject: str = ""
    fingerprint: str = ""
