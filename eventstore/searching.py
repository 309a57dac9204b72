"""Searching the log itself for what no read model is kept for: each time all of it is read."""

from domain import canonical
from domain.stream import ORDER
from eventstore.connection import Connection, transaction


def streams_of_customer(connection: Connection, customer_id: str) -> list[str]:
    """Return the orders that may be of a shop's customer, sorted: an event has the id somewhere.

    Args:
        connection: may read the log; no transaction is open on it.
        customer_id: as the shop wrote it; digits are looked for as a number, too.
    """
    # Bodies are canonical JSON, in which a quotation mark within a text is escaped.
    forms = [b'"customer_id":' + canonical.encode(customer_id)]
    if customer_id.isascii() and customer_id.isdecimal():
        forms += [b'"customer_id":' + customer_id.encode() + end for end in (b",", b"}")]
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT DISTINCT e.stream FROM events e, unnest(%s::bytea[]) AS form"
            " WHERE position(form IN e.body) > 0 AND starts_with(e.stream, %s) ORDER BY 1",
            (forms, ORDER),
        )
        return [stream for (stream,) in cursor.fetchall()]
