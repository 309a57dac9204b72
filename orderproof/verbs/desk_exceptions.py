"""The order desk's verbs about exceptions."""

from typing import Annotated

import msgspec
import typer

from orderproof import installation, terminal
from orderproof.terminal import counted, safe
from orderproof.verbs.desk import Lang, Shop, readers
from orderproof.verbs.giving import As, By, CommandId, give
from orderproof.verbs.options import Data, Json, Key

exception = typer.Typer(
    name="exception",
    help="What is wrong with an order, from its raising to its end.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Id = Annotated[str, typer.Argument(metavar="EXCEPTION", help="The exception's id.")]
Class = Annotated[
    str, typer.Argument(metavar="CLASS", help="payment, information, stock or logistics.")
]
SubtypeName = Annotated[
    str, typer.Argument(metavar="SUBTYPE", help="Its kind, such as incomplete_address.")
]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="In words; sealed.")]
CauseText = Annotated[str, typer.Option(help="Why.")]


def add_to(desk: typer.Typer) -> None:
    """Add these verbs to the group."""
    desk.add_typer(exception)


@exception.command("list")
def list_(
    shop: Shop = None,
    exception_class: Annotated[
        str | None, typer.Option("--class", help="Of this class only.")
    ] = None,
    department: Annotated[str | None, typer.Option(help="Assigned to this one only.")] = None,
    owner: Annotated[str | None, typer.Option(help="Assigned to this person only.")] = None,
    ended: Annotated[
        bool, typer.Option("--all", help="Those that are over, too; else what is open.")
    ] = False,
    lang: Lang = "en",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List exceptions, the most urgent first, with the guidance for each."""
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import exceptions, lists
    from projections.order_exception import ORDER_EXCEPTION

    words, _ = readers(lang, None, None)
    chosen = exceptions.Chosen(
        shop=shop, class_=exception_class, department=department, owner=owner, ended=ended
    )
    with open_store(installation.find(data)) as store:
        standing = lists.stand(store, of=[ORDER_EXCEPTION])
        rows = exceptions.read(store.views, chosen, standing.at, words)
        if as_json:
            head = {"as_of": standing.as_of, "position": standing.position}
            terminal.print_json_rows(
                head, "exceptions", (msgspec.to_builtins(one) for one in rows), {}
            )
            return
        count = 0
        for one in rows:
            count += 1
            level = words.phrases["level"].format(level=one.level or "?")
            who = safe(", ".join(name for name in (one.owner, one.department) if name))
            terminal.say(
                f"{safe(one.order)}  {safe(one.title)}, {level}  {one.state}, {one.minutes} min"
            )
            terminal.say(f"  {safe(one.exception_id)}  {who}")
            if one.guidance:
                terminal.say(f"  {one.guidance}")
        terminal.say(
            f"{counted(count, 'exception')}, as of {standing.as_of}, position {standing.position}"
        )


@exception.command("raise")
def raise_(
    key: Key,
    exception_class: Class,
    subtype: SubtypeName,
    by: By,
    exception_id: Annotated[
        str | None, typer.Option("--id", help="Its id; the command's where none is given.")
    ] = None,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say that something is wrong with an order."""
    said = {
        "exception_id": exception_id,
        "class_": exception_class,
        "subtype": subtype,
        "detected_by": by,
    }

    give(key, "exception.raised", said, by, role, command_id, data, as_json=as_json)


@exception.command("classify")
def classify(
    key: Key,
    exception_id: Id,
    exception_class: Class,
    subtype: SubtypeName,
    by: By,
    level: Annotated[
        int, typer.Option(help="1 core interest, 2 slight, 3 not noticed by the customer.")
    ],
    priority: Annotated[
        int | None, typer.Option(help="Lower is handled first; its kind's where none is given.")
    ] = None,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say what kind of trouble an exception is, and how grave."""
    said = {
        "exception_id": exception_id,
        "class_": exception_class,
        "subtype": subtype,
        "level": level,
        "priority": priority,
    }
    give(key, "exception.classified", said, by, role, command_id, data, as_json=as_json)


@exception.command("assign")
def assign(
    key: Key,
    exception_id: Id,
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="The person.")],
    by: By,
    department: Annotated[
        str | None, typer.Option(help="The department; its kind's where none is given.")
    ] = None,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Hand an exception to a person, who is told now."""
    said = {
        "exception_id": exception_id,
        "owner": owner,
        "department": department,
    }
    give(key, "exception.assigned", said, by, role, command_id, data, as_json=as_json)


@exception.command("measure")
def measure(
    key: Key,
    exception_id: Id,
    text: Text,
    by: By,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say what was done about an exception."""
    said = {"exception_id": exception_id, "measure": text}
    give(key, "exception.measure_taken", said, by, role, command_id, data, as_json=as_json)


@exception.command("feedback")
def feedback(
    key: Key,
    exception_id: Id,
    text: Text,
    by: By,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say what the customer says about it."""
    said = {"exception_id": exception_id, "text": text}
    give(
        key,
        "exception.customer_feedback_received",
        said,
        by,
        role,
        command_id,
        data,
        as_json=as_json,
    )


@exception.command("progress")
def progress(
    key: Key,
    exception_id: Id,
    text: Text,
    by: By,
    promised_by: Annotated[str, typer.Option(help="By when it shall be solved.")],
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say what the customer is told about how it stands."""
    said = {
        "exception_id": exception_id,
        "text": text,
        "promised_by": promised_by,
    }
    give(key, "exception.progress_published", said, by, role, command_id, data, as_json=as_json)


@exception.command("resolve")
def resolve(
    key: Key,
    exception_id: Id,
    by: By,
    cause: CauseText,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say that it is put right; the order goes on where it stood."""
    said = {"exception_id": exception_id, "cause": cause}
    give(key, "exception.resolved", said, by, role, command_id, data, as_json=as_json)


@exception.command("reopen")
def reopen(
    key: Key,
    exception_id: Id,
    by: By,
    cause: CauseText,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say that it was not put right after all."""
    said = {"exception_id": exception_id, "cause": cause}
    give(key, "exception.reopened", said, by, role, command_id, data, as_json=as_json)


@exception.command("cause")
def attribute_cause(
    key: Key,
    exception_id: Id,
    by: By,
    stage: Annotated[str, typer.Option(help="The step at which it went wrong.")],
    department: Annotated[str, typer.Option(help="Whose step that is.")],
    cause: CauseText,
    evidence: Annotated[
        str, typer.Option(help="What shows it: an event's id, a file's SHA-256, a document.")
    ],
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say where trouble came from, with what shows it."""
    said = {
        "exception_id": exception_id,
        "stage": stage,
        "department": department,
        "cause": cause,
        "evidence": evidence,
    }
    give(key, "root_cause.attributed", said, by, role, command_id, data, as_json=as_json)
