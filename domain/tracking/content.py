"""What events say to the order desk, member by member, for the types that its folds read.

As in `domain.content`: a member is here because code reads it, is declared and never sealed, so
that a list is the same for readers without keys, and may hold anything.
"""

from domain.content import Content


class Placed(Content, frozen=True, gc=False):
    """The placement; `lines` is a list of objects, `buyer` and `ship_to` are objects."""

    placed_at: object = None
    lines: object = None
    buyer: object = None
    ship_to: object = None
    total: object = None
    currency: object = None
    payment_method: object = None
    account_id: object = None
    customer_id: object = None
    promised_ship_by: object = None
    promised_deliver_by: object = None


class Country(Content, frozen=True, gc=False):
    """Of a buyer or an address only what is never sealed."""

    country: object = None


class Line(Content, frozen=True, gc=False):
    """One line of an order."""

    line_no: object = None
    sku: object = None
    title: object = None
    quantity: object = None


class LineChanged(Content, frozen=True, gc=False):
    """A line was added or taken out; `line` is a `Line`."""

    line: object = None
    line_no: object = None
    sku: object = None


class QuantityChanged(LineChanged, frozen=True, gc=False):
    """The quantity of a line is another one."""

    after: object = None


class Confirmed(Content, frozen=True, gc=False):
    """The confirmation."""

    order_track_no: object = None
    service_requirement: object = None


class PlannedDispatch(Content, frozen=True, gc=False):
    """A planned day of dispatch."""

    date: object = None
    reason: object = None


class PlanChanged(PlannedDispatch, frozen=True, gc=False):
    """The planned day was moved; `after` names it where `date` does not."""

    after: object = None


class Owned(Content, frozen=True, gc=False):
    """Who is responsible."""

    owner: object = None
    department: object = None


class NextAction(Owned, frozen=True, gc=False):
    """What is to be done next, and by when."""

    action: object = None
    due_at: object = None


class Hold(Content, frozen=True, gc=False):
    """Work was stopped, or goes on."""

    reason_code: object = None
    exception_id: object = None


class OfGoods(Content, frozen=True, gc=False):
    """Something about the goods on their way to the parcel."""


class Stock(OfGoods, frozen=True, gc=False):
    """Goods that are set aside, or free again."""

    sku: object = None
    quantity: object = None
    warehouse: object = None
    location: object = None


class Restock(OfGoods, frozen=True, gc=False):
    """Goods that are awaited, or came in."""

    sku: object = None
    quantity: object = None
    eta: object = None


class Shortage(OfGoods, frozen=True, gc=False):
    """Fewer goods than wanted."""

    sku: object = None


class Production(OfGoods, frozen=True, gc=False):
    """How far the making is, in percent."""

    percent: object = None


class Picking(OfGoods, frozen=True, gc=False):
    """How far the fetching of goods is, in percent."""

    percent: object = None


class Packed(OfGoods, frozen=True, gc=False):
    """A parcel was packed: piece `piece_no` of `piece_total`; `inserts` lists what was put in."""

    shipment_id: object = None
    piece_no: object = None
    piece_total: object = None
    inserts: object = None


class Reviewed(OfGoods, frozen=True, gc=False):
    """A review before packing ended one way or the other."""


class Moved(Content, frozen=True, gc=False):
    """A parcel on its way, or at its end."""

    shipment_id: object = None
    tracking_no: object = None


class Parcel(Moved, frozen=True, gc=False):
    """A parcel of which the carrier is named."""

    carrier: object = None


class Scan(Parcel, frozen=True, gc=False):
    """A carrier's report; `normalised` is its status in our words."""

    normalised: object = None
    location: object = None


class Delayed(Parcel, frozen=True, gc=False):
    """The parcel is late."""

    days_late: object = None


class ProxySigned(Parcel, frozen=True, gc=False):
    """Somebody else took the parcel."""

    signed_by_kind: object = None
    consent: object = None


class Attempted(Parcel, frozen=True, gc=False):
    """The carrier tried to deliver, in vain; `reason` in its words."""

    reason: object = None


class Mislabelled(Content, frozen=True, gc=False):
    """A parcel has the label of another order."""

    shipment_id: object = None


class FromCustomer(Content, frozen=True, gc=False):
    """A message of the customer's."""


class Compensation(Content, frozen=True, gc=False):
    """Something in place of, or beside, money; `condition` says when it is due."""

    compensation_id: object = None
    kind: object = None
    level: object = None
    amount: object = None
    currency: object = None
    condition: object = None


class Demand(Content, frozen=True, gc=False):
    """What the customer asks for after the sale."""

    kind: object = None


class Check(Content, frozen=True, gc=False):
    """A check of the order passed or failed."""

    check_id: object = None
    severity: object = None


class ManualReview(Content, frozen=True, gc=False):
    """A person decided on what checks had found."""

    check_ids: object = None
    outcome: object = None


class Duplicate(Content, frozen=True, gc=False):
    """The order may be another one, placed twice."""

    other_order_id: object = None


class ClockFired(Content, frozen=True, gc=False):
    """A clock of the desk fired."""

    clock: object = None
    subject: object = None
    deadline: object = None


class Answer(Content, frozen=True, gc=False):
    """Something that answers a request without a refund."""


class ExceptionSaid(Content, frozen=True, gc=False):
    """Something about an exception."""

    exception_id: object = None


class Classified(ExceptionSaid, frozen=True, gc=False, rename={"class_": "class"}):
    """What kind of trouble it is: class, subtype, level 1 to 3, priority."""

    class_: object = None
    subtype: object = None
    level: object = None
    priority: object = None
    detected_by: object = None


class Assigned(ExceptionSaid, frozen=True, gc=False):
    """Who is to see to it, and when they were told."""

    department: object = None
    owner: object = None
    notified_at: object = None


class Progress(ExceptionSaid, frozen=True, gc=False):
    """What the customer was told, with the time that was promised."""

    promised_by: object = None


class Resolved(ExceptionSaid, frozen=True, gc=False):
    """It is put right: by what cause, and where work goes on."""

    cause: object = None
    resumed_at_stage: object = None


class Cause(ExceptionSaid, frozen=True, gc=False):
    """Where the trouble came from."""

    stage: object = None
    department: object = None
    cause: object = None


class Ticket(Content, frozen=True, gc=False):
    """Something about a ticket."""

    ticket_id: object = None


class TicketOpened(Ticket, frozen=True, gc=False):
    """A task for a department."""

    exception_id: object = None
    department: object = None


class TicketMoved(TicketOpened, frozen=True, gc=False):
    """Who does the task, and how it stands."""

    owner: object = None
    progress: object = None
