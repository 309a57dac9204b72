"""`orderproof dispute package`: papers and forms for the bank, ready to upload; nothing is sent."""

import base64
import hashlib
import json
import stat
import subprocess

import pytest

from domain.dispute_forms import STRIPE_FILES, STRIPE_TEXTS, STRIPE_TOTAL
from orderproof import dispute_package
from tests.sources import test_stripe_disputes as stripe

MONEY = {"amount": 5_000, "currency": "EUR"}
REFERENCE = "24011343361000004363200"
VISA = {"kind": "card", "brand": "visa", "last4": "4242"}
BUYER = {"name": "Test Buyer", "email": "buyer-1@example.org", "language": "de"}
ADDRESS = {"recipient": "Test Buyer", "lines": ["Example Street 1"], "postcode": "10115",
           "city": "Berlin", "country": "DE"}  # fmt: skip


def event(number, type, time, **data):
    return {
        "specversion": "1.0", "id": f"e{number}", "source": "/shop", "type": type,
        "subject": "de/1", "time": f"2026-03-{time}:00Z", "data": data,
    }  # fmt: skip


def story(psp="stripe", **placed):
    return [
        event(1, "order.placed", "02T09:00", currency="EUR", total=5_000, buyer=BUYER,
              ship_to=ADDRESS, bill_to=ADDRESS,
              lines=[{"sku": "A-1", "title": "Green lamp", "quantity": 2, "unit_price": 2_500}],
              **placed),
        event(2, "payment.captured", "02T09:01", payment_id="p1", psp=psp, psp_payment_id="pi_1",
              instrument=VISA, **MONEY),
        event(3, "shipment.dispatched", "03T09:00", shipment_id="s1", carrier="DHL",
              tracking_no="T-1"),
        event(4, "tracking.scan_received", "04T08:00", shipment_id="s1", normalised="in_transit",
              location="Leipzig"),
        event(5, "shipment.delivered", "05T09:00", shipment_id="s1", signed_by="Test Buyer"),
        event(6, "refund.requested", "06T09:00", refund_id="r0", **MONEY),
        event(7, "refund.rejected", "07T09:00", refund_id="r0", reason_code="used",
              policy_version="2026-01", message_id="m1"),
        event(8, "message.sent", "07T10:00", message_id="m1", channel="email", template="refusal",
              to="buyer-1@example.org", subject="Your lamp", body="It was used, #[x] *so* no."),
        event(9, "refund.requested", "08T09:00", refund_id="r1", **MONEY),
        event(10, "refund.approved", "08T10:00", refund_id="r1", **MONEY),
        event(11, "refund.submitted", "08T11:00", refund_id="r1", psp=psp, **MONEY),
        event(12, "refund.succeeded", "09T11:00", refund_id="r1", psp_refund_id="re_1"),
        event(13, "refund.reference_recorded", "10T11:00", refund_id="r1", reference_type="arn",
              reference=REFERENCE, reference_status="available"),
        event(14, "dispute.opened", "20T09:00", dispute_id="dp_1", payment_id="p1",
              reason="credit_not_processed", respond_by="2026-04-01", **MONEY),
    ]  # fmt: skip


@pytest.fixture
def record(data, orderproof, tmp_path):
    def run(*events):
        file = tmp_path / "events.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for each in events))
        assert orderproof("record", file, "--data", data).code == 0

    return run


@pytest.fixture
def package(data, orderproof, tmp_path):
    def run(*options, out="package", psp="stripe"):
        return orderproof(
            "dispute", "package", "de/1", "--psp", psp, "--as-of", "2026-03-25",
            "--out", tmp_path / out, "--data", data, "--json", *options,
        )  # fmt: skip

    return run


def test_stripes_form_is_filled_from_the_record(record, package, tmp_path):
    record(*story())

    done = package()

    assert done.code == 0, done.err
    form = json.loads((tmp_path / "package" / "stripe.json").read_text())
    assert (form["dispute"], form["payment"], form["submit"]) == ("dp_1", "pi_1", False)
    evidence = form["evidence"]
    assert evidence["customer_name"] == "Test Buyer"
    assert evidence["customer_email_address"] == "buyer-1@example.org"
    assert evidence["billing_address"] == "Test Buyer, Example Street 1, 10115, Berlin, DE"
    assert evidence["product_description"] == "2 x Green lamp at EUR 25.00 each"
    assert (evidence["shipping_carrier"], evidence["shipping_tracking_number"]) == ("DHL", "T-1")
    assert evidence["shipping_date"] == "2026-03-03"
    assert evidence["refund_policy_disclosure"] == (
        "refund policy version 2026-01, applied on 2026-03-07"
    )
    assert evidence["refund_refusal_explanation"] == (
        "The refund of EUR 50.00 was refused on 2026-03-07, reason: used; the customer was told by "
        "message m1."
    )
    summary = evidence["uncategorized_text"]
    assert "Dispute dp_1 about EUR 50.00, order 1 of de." in summary
    assert f"Refund r1: paid, EUR 50.00 on 2026-03-09; ARN {REFERENCE}" in summary
    assert "Parcel T-1 was delivered on 2026-03-05." in summary
    assert "append-only record of 14 events, verified: intact" in summary
    assert evidence.keys() <= STRIPE_TEXTS.keys()
    assert form["not_known"] == []


def test_the_files_that_the_form_names_are_there_as_pdf(record, package, tmp_path):
    record(*story())

    done = package()

    folder = tmp_path / "package"
    form = json.loads((folder / "stripe.json").read_text())
    assert form["files"].keys() == STRIPE_FILES.keys()
    for each in form["files"].values():
        assert (folder / each["file"]).read_bytes().startswith(b"%PDF-")
        assert each["purpose"] == "dispute_evidence"
    manifest = (folder / "manifest.json").read_bytes()
    assert done.json["package_sha256"] == hashlib.sha256(manifest).hexdigest()
    listed = {each["name"]: each["sha256"] for each in json.loads(manifest)["files"]}
    on_disk = {file.name for file in folder.iterdir()} - {"manifest.json"}
    assert listed.keys() == on_disk == set(done.json["files"])
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_paper_says_what_the_record_says_and_nothing_of_it_is_markup(
    record, package, tmp_path, tool
):
    record(*story())
    package()

    def text(name):
        done = subprocess.run(
            [tool("pdftotext"), "-layout", tmp_path / "package" / name, "-"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return " ".join(done.stdout.split())

    assert "It was used, #[x] *so* no." in text("contacts.pdf")
    assert REFERENCE in text("refunds.pdf").replace(" ", "")
    assert "in_transit, Leipzig" in text("shipping.pdf")
    assert "Green lamp" in text("receipt.pdf")


def test_adyens_requests_carry_the_documents(record, package, tmp_path):
    record(*story("adyen"))

    done = package("--merchant-account", "ExampleMerchant", psp="adyen")

    assert done.code == 0, done.err
    folder = tmp_path / "package"
    supply = json.loads((folder / "adyen-2-supplyDefenseDocument.json").read_text())
    about = {"disputePspReference": "dp_1", "merchantAccountCode": "ExampleMerchant"}
    assert about.items() <= supply.items()
    documents = {each["defenseDocumentTypeCode"]: each for each in supply["defenseDocuments"]}
    assert documents.keys() == {"TIDorInvoice", "DefenseMaterial"}
    for code, each in documents.items():
        assert each["contentType"] == "application/pdf"
        assert base64.b64decode(each["content"]) == (folder / f"{code}.pdf").read_bytes()
    defend = json.loads((folder / "adyen-3-defendDispute.json").read_text())
    assert defend == {"defenseReasonCode": "SupplyDefenseMaterial", **about}
    asked = json.loads((folder / "adyen-1-retrieveApplicableDefenseReasons.json").read_text())
    assert asked == about


def test_the_reason_that_adyen_offers_can_be_named(record, package, tmp_path):
    record(*story("adyen"))

    package(
        "--merchant-account", "ExampleMerchant", "--defense-reason", "CreditProcessed", psp="adyen"
    )

    defend = json.loads((tmp_path / "package" / "adyen-3-defendDispute.json").read_text())
    assert defend["defenseReasonCode"] == "CreditProcessed"


def test_texts_are_as_long_as_the_provider_takes_and_no_longer(record, package, tmp_path):
    placed = story()
    # One name fits to the last character, and the goods do not.
    placed[0]["data"]["buyer"] = BUYER | {"name": "N" * 5_000}
    placed[0]["data"]["lines"] = [
        {"title": f"{number} {'lamp ' * 20}", "quantity": 1} for number in range(400)
    ]
    record(*placed)

    done = package()

    evidence = json.loads((tmp_path / "package" / "stripe.json").read_text())["evidence"]
    assert evidence["customer_name"] == "N" * 5_000
    assert len(evidence["product_description"]) == 20_000
    assert evidence["product_description"].endswith(" [cut]")
    assert done.json["cut"] == ["product_description"]
    assert all(len(text) <= STRIPE_TEXTS[name] for name, text in evidence.items())
    assert sum(STRIPE_TEXTS.values()) <= STRIPE_TOTAL


def test_what_the_record_does_not_say_is_left_out_and_named(record, package, tmp_path):
    record(
        event(1, "payment.captured", "02T09:01", payment_id="p1", psp="stripe", **MONEY),
        event(2, "dispute.opened", "20T09:00", dispute_id="dp_1", payment_id="p1", **MONEY),
    )

    done = package()

    form = json.loads((tmp_path / "package" / "stripe.json").read_text())
    assert form["evidence"].keys() == {"uncategorized_text"}
    assert form["files"].keys() == {"receipt"}
    assert "customer_name" in done.json["not_known"]
    assert set(done.json["not_known"]) == STRIPE_TEXTS.keys() - {"uncategorized_text"}


def test_a_package_is_recorded_once_with_its_digest(record, package, data, orderproof):
    record(*story())

    made = [package("--record", "--by", "staff-7", out=out).json for out in ("one", "two")]

    events = orderproof("order", "de/1", "--data", data, "--json").json["events"]
    [compiled, *more] = [e for e in events if e["type"] == "dispute.evidence_compiled"]
    assert compiled["data"]["package_sha256"] == made[0]["package_sha256"]
    assert compiled["data"]["dispute_id"] == "dp_1"
    assert compiled["data"]["documents"] == made[0]["files"]
    assert made[0]["recorded"]
    # The second tells of one event more, so it is another package.
    assert [each["data"]["package_sha256"] for each in more] == [made[1]["package_sha256"]]


def test_without_record_nothing_is_recorded(record, package, data, orderproof):
    record(*story())

    one, two = package(out="one").json, package(out="two").json

    assert one["package_sha256"] == two["package_sha256"]
    assert len(orderproof("order", "de/1", "--data", data, "--json").json["events"]) == 14


def test_papers_of_what_waits_for_its_order_are_not_recorded(data, orderproof, tmp_path):
    path = tmp_path / "stripe.json"
    opened = stripe.event("created", "needs_response", 1)
    path.write_text(json.dumps(opened))
    assert orderproof("import", path, "--shop", "de", "--data", data).code == 0
    [row] = orderproof("unlinked", "--data", data, "--json").json["waiting"]

    asked = ("dispute", "package", row["place"], "--psp", "stripe", "--as-of", "2026-03-25")
    refused = orderproof(*asked, "--record", "--by", "staff-1", "--out", tmp_path / "out",
                         "--data", data)  # fmt: skip

    assert (refused.code, "is no order" in refused.err) == (8, True)
    assert not (tmp_path / "out").exists()


def test_which_dispute_is_meant(record, package):
    record(
        *story(),
        event(15, "dispute.lost", "24T09:00", dispute_id="dp_1"),
        event(16, "dispute.opened", "24T10:00", dispute_id="dp_2", payment_id="p1", **MONEY),
    )

    assert package(out="open").json["dispute"] == "dp_2"
    assert package("--dispute", "dp_1", out="named").json["dispute"] == "dp_1"
    unknown = package("--dispute", "dp_9", out="unknown")
    assert unknown.code == 6
    assert "dp_1, dp_2" in unknown.err


def test_of_several_open_disputes_one_has_to_be_named(record, package):
    record(*story(), event(16, "dispute.opened", "24T10:00", dispute_id="dp_2", **MONEY))

    done = package()

    assert done.code == 2
    assert "--dispute: dp_1, dp_2" in done.err


def test_an_order_without_a_dispute_has_no_package(record, package):
    record(*story()[:-1])

    assert package().code == 6


@pytest.mark.parametrize(
    ("psp", "options"),
    [
        ("paypal", []),
        ("adyen", []),
        ("adyen", ["--merchant-account", "ExampleMerchant"]),
        ("stripe", ["--merchant-account", "ExampleMerchant"]),
        ("stripe", ["--record"]),
        ("stripe", ["--by", "staff-7"]),
    ],
)
def test_what_does_not_go_together_is_refused(record, package, tmp_path, psp, options):
    record(*story())

    assert package(*options, psp=psp).code == 2
    assert not (tmp_path / "package").exists()


def test_a_folder_with_something_in_it_is_left_alone(record, package, tmp_path):
    record(*story())
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "mine.txt").write_text("mine")

    assert package().code == 2
    assert [file.name for file in (tmp_path / "package").iterdir()] == ["mine.txt"]


def test_papers_that_are_too_large_for_the_provider_are_refused(
    record, package, tmp_path, monkeypatch
):
    record(*story())
    monkeypatch.setattr(dispute_package, "STRIPE_BYTES", 1_000)

    assert package().code == 8
    assert not (tmp_path / "package").exists()
