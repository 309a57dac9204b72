"""The desk's tracking table for whoever has a token: the lists of `order_desk`, page by page."""

import time

import msgspec

from api.access import Token
from api.tracking import ROWS, Count, Place, Quadrant, Table, TableAsked
from domain.time import instant_text
from domain.tracking.desk_policy import DESK_POLICY
from domain.words.desk import DESK_WORDS
from eventstore import reading
from eventstore.pool import Pool
from orderproof.desk_past import past_table
from orderproof.desk_row import HOUR, row_of
from orderproof.order_desk import lists
from orderproof.order_desk.lists import Selection, Total
from orderproof.sessions import Sessions, catch_up_a_little
from projections.tracking_table import TRACKING_TABLE


class DeskTable:
    """Reads the tracking table; see `api.tracking.Tracking`.

    Args:
        readers: connections in `eventstore.reading.ROLE`.
        sessions: lends open stores, to bring the table up to date.
    """

    def __init__(self, readers: Pool, sessions: Sessions) -> None:
        self._readers = readers
        self._sessions = sessions

    def table(self, token: Token, asked: TableAsked, language: str) -> tuple[Table, Place | None]:
        """Return a page of the table, and where it ends; see `api.tracking.Tracking`."""
        if asked.day is not None:
            return past_table(self._readers, self._sessions, token, asked, language)
        with self._sessions.one() as store:
            catch_up_a_little(store, (TRACKING_TABLE.name,))
        words, at, shops = DESK_WORDS[language], time.time_ns() // 1_000, token.sees.shops
        chosen = Selection(
            shop=asked.shop, quadrant=asked.quadrant, owner=asked.owner, overdue=asked.overdue,
            undecided=asked.undecided, after=asked.after, limit=ROWS + 1,
        )  # fmt: skip
        late = Selection(shop=asked.shop, overdue=True)
        theirs = Selection(shop=asked.shop, owner=asked.owner)
        with reading.session(self._readers, token.sees) as cursor:
            position = reading.reached(cursor, (TRACKING_TABLE.name,))
            found = lists.page(cursor, chosen, shops, at)
            overdue = lists.counted(cursor, late, shops, at)
            undecided = lists.counted(
                cursor, msgspec.structs.replace(theirs, undecided=True), shops, at
            )
            numbers = {
                quadrant: lists.counted(
                    cursor, msgspec.structs.replace(theirs, quadrant=quadrant), shops, at
                )
                for quadrant in words.quadrants
            }
        more = len(found) > ROWS
        table = Table(
            as_of=position,
            at=instant_text(at - at % 1_000_000),
            columns=dict(words.columns),
            quadrants=[
                Quadrant(quadrant=quadrant, meaning=meaning, orders=_count(numbers[quadrant]))
                for quadrant, meaning in words.quadrants.items()
            ],
            overdue=_count(overdue),
            undecided=_count(undecided),
            silence=DESK_POLICY.silence // HOUR,
            rows=[row_of(one, words, at) for one in found[:ROWS]],
        )
        return table, lists.place_of(found[ROWS - 1], chosen) if more else None


def _count(total: Total) -> Count:
    return Count(number=total.number, exact=total.exact)
