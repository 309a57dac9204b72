"""Verbs that answer from the record: an order's timeline, a claim."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from domain.linking import is_waiting_place
from orderproof import errors, installation, terminal
from orderproof.errors import CommandError
from orderproof.verbs.options import Data, Json, Key


def order(
    key: Key,
    personal: Annotated[
        bool, typer.Option("--personal", help="Show personal data, not only that it is there.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the timeline of an order."""
    from eventstore import log
    from orderproof import timeline
    from orderproof.bootstrap import catch_up, open_store
    from orderproof.claiming import the_one
    from orderproof.finding import LOOKED_UP, find_streams, say_if_waiting

    with open_store(installation.find(data)) as store:
        catch_up(store, only=LOOKED_UP)
        streams = find_streams(store, key)
        if not streams:
            # What was asked for may be somebody's address, and this may end up in a log.
            raise CommandError("no order is known by this", errors.NOT_FOUND)
        stream = the_one(streams, key)
        opener = store.ring if personal else None
        events = log.read_order(store.connection, opener, stream, to_show=True)
        as_of = log.size(store.connection)
    say_if_waiting(stream)
    if as_json:
        terminal.print_json(timeline.as_dict(stream, events, as_of))
    else:
        terminal.say(timeline.as_text(stream, events, as_of, show_personal=personal))


def claim(
    key: Key,
    kind: Annotated[str, typer.Option(help="Only refund-not-received is known.")] = (
        "refund-not-received"
    ),
    customer: Annotated[
        str | None, typer.Option(help="E-mail or end of the phone number; must be the order's.")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="en or zh; letters are in the customer's language.")
    ] = None,
    from_archive: Annotated[
        str | None,
        typer.Option("--from-archive", help="Archive (folder or s3://…) or history file."),
    ] = None,
    keyring: Annotated[
        Path | None,
        typer.Option(help="For an archive: a keyring that you trust, or its fingerprint."),
    ] = None,
    letter: Annotated[bool, typer.Option("--letter", help="Print the letter.")] = False,
    agent: Annotated[str | None, typer.Option(help="Who signs the letter.")] = None,
    contact: Annotated[
        str | None, typer.Option(help="Where the letter says that we can be reached.")
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", help="Write the evidence pack: a signed PDF.")
    ] = None,
    as_zip: Annotated[
        Path | None, typer.Option("--zip", help="Write the evidence pack as a ZIP.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Record the claim, the verdict and the letter.")
    ] = False,
    by: Annotated[str | None, typer.Option(help="Who answers; recorded.")] = None,
    claim_id: Annotated[
        str | None, typer.Option("--claim-id", help="Id of the claim; else one is given.")
    ] = None,
    view: Annotated[
        str, typer.Option(help="staff or auditor: with timeline, proofs and the rules.")
    ] = "staff",
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the answer.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Answer "my refund never came" from the record, with the evidence."""
    if kind != "refund-not-received":
        raise CommandError("--kind: only refund-not-received is known")
    if lang not in (None, "en", "zh"):
        raise CommandError("--lang: en or zh")
    if keyring is not None and from_archive is None:
        raise CommandError("--keyring goes with --from-archive")
    if view not in ("staff", "auditor"):
        raise CommandError("--view: staff or auditor")
    if record and (from_archive is not None or as_of is not None):
        raise CommandError("--record answers today and from the store: no --from-archive, --as-of")
    if not record and (by is not None or claim_id is not None):
        raise CommandError("--by and --claim-id go with --record")
    day = as_of.date() if as_of else datetime.now(UTC).date()
    recorded, told_of_record = None, ""
    if from_archive is None:
        from orderproof.bootstrap import open_store
        from orderproof.claim_on_store import claim_on_store

        found = installation.find(data)
        with open_store(found) as store:
            if record:
                from orderproof import claim_cases

                asked = claim_cases.Asked(
                    kind=kind, claim_id=claim_id, by=by, language=lang, agent=agent, contact=contact
                )
                answer, recorded = claim_cases.record(store, key, customer, asked, day)
                told_of_record = claim_cases.describe(recorded)
            else:
                answer = claim_on_store(store, key, customer, day)
    elif customer is None:
        from orderproof.claim_on_archive import claim_on_archive

        answer = claim_on_archive(from_archive, key, day, keyring)
        found = None
    else:
        raise CommandError(
            "--customer cannot be checked from an archive: personal data is sealed there, and "
            "the keys are in the data folder",
            errors.CANNOT_TELL,
        )
    if pdf is not None or as_zip is not None:
        from orderproof.evidence_pack import Wanted, write_pack

        wanted = Wanted(pdf, as_zip, lang, from_archive, keyring)
        write_pack(answer, wanted, found or installation.of_command(data))
    if as_json:
        told = answer.as_dict(lang or "en")
        if view == "auditor":
            from orderproof import auditor_view

            told |= auditor_view.as_dict(answer)
        if recorded is not None:
            told["recorded"] = recorded.as_dict()
        terminal.print_json(told)
    elif letter:
        terminal.say(answer.letter(lang, agent, contact))
    else:
        terminal.say(answer.text(lang or "en"))
        if view == "auditor":
            from orderproof import auditor_view

            terminal.say(auditor_view.as_text(answer))
    if told_of_record:
        terminal.complain(told_of_record)
    if answer.order is not None and is_waiting_place(answer.order.stream):
        from orderproof.finding import say_if_waiting

        say_if_waiting(answer.order.stream)
    raise typer.Exit(answer.exit_code)
