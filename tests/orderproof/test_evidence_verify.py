"""`verify` on an evidence pack: it holds, and whatever is changed in it is found."""

import hashlib
import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper

from archive import layout, member, note
from archive.note import COSIGNATURE, VerifierKey
from archive.witness import Witness
from evidence import opened as packs
from evidence import signing
from evidence.attached import Attached
from evidence.certificate import SigningKey, self_signed
from evidence.only_signed import is_only_signed
from evidence.signature import BAD, GOOD, check
from evidence.signing import sign
from evidence.zipped import zipped
from orderproof.installation import find
from orderproof.keys import Keys
from tests.archive.authority import Authority, ca, certificate, pem, serving, stamping

CASES = Path(__file__).parents[1] / "data" / "claim_cases"
DAY = ("--as-of", "2026-01-15")
SCAN = f"attachments/{hashlib.sha256(b'a scan').hexdigest()}"
NEWS = {
    "specversion": "1.0", "id": "late-1", "source": "/shop/example", "type": "order.closed",
    "subject": "example/C07", "time": "2026-01-02T10:00:00+00:00", "data": {"outcome": "refunded"},
}  # fmt: skip


@pytest.fixture
def recorded(data, orderproof):
    assert orderproof("import", CASES / "events.jsonl", "--data", data).code == 0
    return data


@pytest.fixture
def archived(recorded, orderproof):
    assert orderproof("archive", "--all", "--data", recorded).code == 0
    return recorded


@pytest.fixture
def pack(archived, orderproof, tmp_path):
    """Make packs of an order: `pack("C07", "pdf")`."""

    def make(order="C07", kind="pdf", *options):
        file = tmp_path / f"{order}.{kind}"
        done = orderproof("claim", order, f"--{kind}", file, *DAY, "--data", archived, *options)
        assert done.code == 0, done.err
        return file

    return make


@pytest.mark.parametrize("kind", ["pdf", "zip"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_pack_verifies_when_all_else_is_gone(
    pack, archived, orderproof, kind, language, monkeypatch, tmp_path, request
):
    if language == "zh":
        request.getfixturevalue("chinese_font")
    file = pack("C07", kind, "--lang", language)
    shutil.rmtree(archived)
    monkeypatch.chdir(tmp_path)

    done = orderproof("verify", file, "--json")

    assert done.code == 0, done.out
    assert (done.json["verdict"], done.json["findings"]) == ("intact", [])
    assert not any("whether the pages say" in each for each in done.json["not_checked"])
    assert done.json["checked"]["events"] > 5
    said = "\n".join(done.json["not_checked"])
    for part in ("identity of the evidence key", "identity of the signer", "no outside time"):
        assert part in said
    assert re.search(
        r"answer +ok +FAILED_NOT_REISSUED, judged anew", orderproof("verify", file).out
    )


def test_every_written_case_makes_a_pack_that_holds(pack, orderproof):
    for order in json.loads((CASES / "verdicts.json").read_text()):
        done = orderproof("verify", pack(order.partition("/")[2]), "--json")

        assert (done.code, done.json["findings"]) == (0, []), order


def test_two_more_programs_confirm_the_signature_and_a_flipped_byte_breaks_it(
    pack, orderproof, tool, tmp_path
):
    file = pack()
    pdfsig = tool("pdfsig")
    good = file.read_bytes()
    shown = subprocess.run([pdfsig, file], capture_output=True, check=False).stdout.decode()
    assert "Signature is Valid" in shown
    assert "Total document signed" in shown
    assert "ETSI.CAdES.detached" in shown
    ranges = re.search(r"\[(\d+) - (\d+)\], \[(\d+) - (\d+)\]", shown)
    first, second, third, fourth = map(int, ranges.groups())
    assert (first, fourth) == (0, len(good))

    other = tmp_path / "other.pdf"
    places = [second * step // 8 + 30 for step in range(8)]
    for place in [*places, third + 2, fourth - 8]:
        bad = bytearray(good)
        bad[place] ^= 1
        other.write_bytes(bad)
        assert check(packs.Opened("pdf", bytes(bad), {})).state == BAD, place
        assert orderproof("verify", other, "--json").code == 3, place
    bad = bytearray(good)
    bad[places[4]] ^= 1
    other.write_bytes(bad)
    shown = subprocess.run([pdfsig, other], capture_output=True, check=False).stdout.decode()
    assert "Signature is Valid" not in shown


def test_the_metadata_is_as_typst_wrote_it_after_signing(pack):
    pdf = pack().read_bytes()

    assert pdf.count(b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A<") == 1
    assert pdf.count(b"<?xpacket begin") == 1
    assert b"2026-01-15T00:00:00Z" in pdf


def test_what_is_added_after_signing_is_found(pack, orderproof, tmp_path):
    file = pack()
    writer = IncrementalPdfFileWriter(io.BytesIO(file.read_bytes()))
    writer.root["/Lang"] = writer.root["/Lang"]
    writer.update_root()
    changed = io.BytesIO()
    writer.write(changed)
    other = tmp_path / "other.pdf"
    other.write_bytes(changed.getvalue())

    done = orderproof("verify", other, "--json")

    assert done.code == 3
    assert "added to the PDF after it was signed" in done.json["findings"][0]["detail"]


def test_pages_that_were_painted_over_before_they_were_signed_are_not_vouched_for(
    pack, orderproof, tmp_path
):
    """The attached files are right, and the pages lie: whoever signs by a key of their own can."""
    signed = pack().read_bytes()
    pages = signed[: signed.index(b"%%EOF") + 5]
    secret = ec.generate_private_key(ec.SECP256R1())
    stranger = SigningKey(secret, (self_signed(secret, "other.example", datetime.now(UTC)),))

    def paint(writer):
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        content = generic.StreamObject(stream_data=b"1 0 0 rg 0 0 600 900 re f")
        page["/Contents"] = writer.add_object(content)
        writer.update_container(page)

    def annotate(writer):
        page = writer.root["/Pages"]["/Kids"][1].get_object()
        note = {"/Type": "/Annot", "/Subtype": "/Square", "/Rect": [0, 0, 600, 900]}
        found = generic.DictionaryObject(
            {generic.NameObject(k): generic.NameObject(v) if isinstance(v, str) else
             generic.ArrayObject(map(generic.NumberObject, v)) for k, v in note.items()}
        )  # fmt: skip
        page["/Annots"] = generic.ArrayObject([writer.add_object(found)])
        writer.update_container(page)

    for change in (paint, annotate):
        writer = IncrementalPdfFileWriter(io.BytesIO(pages))
        change(writer)
        changed = io.BytesIO()
        writer.write(changed)
        between = sign(changed.getvalue(), stranger)
        at_once = _signed_while(pages, change, stranger)
        for pdf in (between, at_once):
            assert check(packs.open_pack(pdf)).state == GOOD  # by somebody
            assert not is_only_signed(pdf, pages)
            file = tmp_path / "painted.pdf"
            file.write_bytes(pdf)
            done = orderproof("verify", file, "--json")
            assert done.code == 3  # the pack says who its signer is
            assert {each["object"] for each in done.json["findings"]} == {"evidence.pem"}
            assert "whether the pages say" in done.json["not_checked"][0]
    assert check(packs.open_pack(signed)).state == GOOD
    whole = sign(pages, stranger)
    assert is_only_signed(whole, pages)
    assert is_only_signed(signed, pages)


def _signed_while(pages, change, key):
    """Sign pages and change them in one and the same update."""
    made = signing._Writer

    class Changing(made):
        def __init__(self, stream):
            super().__init__(stream)
            change(self)

    signing._Writer = Changing
    try:
        return sign(pages, key)
    finally:
        signing._Writer = made


def forge(files, change, tmp_path):
    """Make a pack of changed files with a list of its own, signed by somebody else."""
    found = {
        path: data for path, data in files.items() if path not in ("SHA256SUMS.sig", "SHA256SUMS")
    }
    found.pop("evidence.pdf", None)
    found.pop("orderproof-verify.py", None)
    secret = ec.generate_private_key(ec.SECP256R1())
    signer = SigningKey(secret, (self_signed(secret, "evil.example", datetime.now(UTC)),))
    found["evidence.pem"] = pem(signer.chain[0])
    change(found)
    contents = json.loads(found.pop("contents.json"))
    kept = {each["path"]: each for each in contents["files"]}
    contents["files"] = [
        (kept.get(path) or {"path": path, "name": path.rpartition("/")[2]})
        | {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for path, data in sorted(found.items())
    ]
    found["contents.json"] = json.dumps(contents).encode()
    attached = [Attached(path, path, data, "x/y", "") for path, data in found.items()]
    file = tmp_path / "forged.zip"
    file.write_bytes(zipped(attached, b"%PDF-", b"# verifier\n", signer))
    return file


def say(name, value):
    def change(files):
        said = json.loads(files["claim.json"])
        said[name] = value
        files["claim.json"] = json.dumps(said).encode()

    return change


FORGERIES = [
    (say("verdict", "SETTLED_REFERENCE_GIVEN"), 3, "claim.json"),
    (say("next_actor", "nobody"), 3, "claim.json"),
    (say("obligations", []), 3, "claim.json"),
    (say("as_of", "2024-01-01"), 3, "claim.json"),
    (say("as_of", None), 3, "claim.json"),
    (say("evidence", ["invented"]), 3, "claim.json"),
    (say("integrity", None), 3, "claim.json"),
    (lambda files: files.update({"claim.json": b"[]"}), 3, "claim.json"),
    (lambda files: files.update({"claim.json": b"["}), 3, "claim.json"),
    (lambda files: files.pop("claim.json"), 4, "claim.json"),
    (lambda files: files.pop("trust/keyring.1.json"), 4, "trust/keyring.1.json"),
    (lambda files: files.update({"log/consistency.json": b"{}\n"}), 3, "log/consistency.json"),
    (lambda files: files.update({"unsealed.jsonl": b"x\n"}), 3, "unsealed.jsonl, line 1"),
    (lambda files: files.update({SCAN: b"a forged scan"}), 3, SCAN),
]


def test_a_pack_that_somebody_made_up_is_found_out(pack, orderproof, tmp_path):
    files = packs.open_pack(pack("C07", "zip").read_bytes()).files

    honest = forge(files, lambda found: found.update({SCAN: b"a scan"}), tmp_path)
    honest = orderproof("verify", honest, "--json")
    assert honest.code == 0, honest.out  # by another evidence key, which only a trusted one tells
    for number, (change, code, about) in enumerate(FORGERIES):
        done = orderproof("verify", forge(files, change, tmp_path), "--json")

        assert done.code == code, (number, done.out)
        assert about in {each["object"] for each in done.json["findings"]}, number


def test_another_history_or_a_changed_one_is_found(pack, orderproof, tmp_path):
    files = packs.open_pack(pack("C07", "zip").read_bytes()).files
    others = packs.open_pack(pack("C08", "zip").read_bytes()).files
    [mine] = [path for path in files if path.startswith("orders/")]
    [theirs] = [path for path in others if path.startswith("orders/")]

    def swap(found):
        del found[mine]
        found[theirs] = others[theirs]

    def edit(found):
        text = member.decompress(found[mine], 1 << 20)
        found[mine] = member.compress(
            text.replace(b"expired_or_canceled_card", b"customer_is_paid_already")
        )

    swapped = orderproof("verify", forge(files, swap, tmp_path), "--json")
    edited = orderproof("verify", forge(files, edit, tmp_path), "--json")

    assert swapped.code == 3
    assert "claim.json" in {each["object"] for each in swapped.json["findings"]}
    assert edited.code == 3
    assert {each["code"] for each in edited.json["findings"]} >= {"CHAIN_BROKEN"}


def test_who_is_trusted_is_said_by_certificate_and_keyring(pack, archived, orderproof, tmp_path):
    own = archived / "keys" / "evidence-certificate.pem"
    keyring = archived / "trust" / "keyring.1.json"
    for kind in ("pdf", "zip"):
        file = pack("C07", kind)
        digest = packs.open_pack(file.read_bytes()).files["evidence.pem"]
        assert digest == own.read_bytes()
        shown = orderproof("verify", file, "--json").json["not_checked"]
        [said] = [each for each in shown if "identity of the evidence key" in each]
        fingerprint = said.rpartition(" ")[2]

        for trusted in (own, fingerprint, fingerprint.upper()):
            done = orderproof(
                "verify", file, "--certificate", trusted, "--keyring", keyring, "--json"
            )
            assert done.code == 0, done.out
            assert not any("identity" in each for each in done.json["not_checked"])
        assert orderproof("verify", file, "--certificate", "ab" * 32, "--json").code == 3
        assert orderproof("verify", file, "--keyring", "ab" * 32, "--json").code == 3
        assert orderproof("verify", file, "--certificate", tmp_path / "no").code == 2
        assert orderproof("verify", file, "--certificate", keyring).code == 2
    assert orderproof("verify", archived / "archive", "--certificate", own).code == 2
    assert orderproof("verify", file, "--order", "C07").code == 2


def test_events_that_are_not_sealed_are_vouched_for_by_the_evidence_key_alone(
    archived, orderproof, tmp_path
):
    news = tmp_path / "news.json"
    news.write_text(json.dumps(NEWS))
    assert orderproof("record", news, "--data", archived).code == 0
    file, own = tmp_path / "p.pdf", archived / "keys" / "evidence-certificate.pem"
    assert orderproof("claim", "C07", "--pdf", file, "--data", archived).code == 0

    without = orderproof("verify", file, "--json")
    with_it = orderproof("verify", file, "--certificate", own, "--json")

    assert (without.code, with_it.code) == (5, 0)
    assert without.json["verdict"] == "cannot_tell"
    assert any("1 events are in no sealed history" in each for each in with_it.json["not_checked"])


def test_an_order_that_was_never_archived_cannot_be_told(recorded, orderproof, tmp_path):
    file = tmp_path / "p.pdf"
    assert orderproof("claim", "C07", "--pdf", file, "--data", recorded).code == 0

    done = orderproof("verify", file, "--json")

    assert (done.code, done.json["verdict"]) == (5, "cannot_tell")
    assert "no sealed history" in done.json["findings"][0]["detail"]


def test_the_zip_has_the_same_bytes_each_time_and_verifies_by_itself(pack, tool, tmp_path):
    first = pack("C07", "zip").read_bytes()
    assert pack("C07", "zip").read_bytes() == first
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        entries = archive.infolist()
        archive.extractall(folder)
    names = [each.filename for each in entries]
    assert names == sorted(names)
    assert {each.date_time for each in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {each.external_attr >> 16 for each in entries} == {0o100644}
    assert {"evidence.pdf", "orderproof-verify.py", "claim.json", "README.txt"} <= set(names)

    [history] = folder.glob("orders/*/*/*.gz")
    done = subprocess.run(
        ["python3", folder / layout.VERIFIER, history], capture_output=True, check=False
    )
    if b"cryptography" not in done.stdout + done.stderr:
        assert done.returncode == 0, done.stdout
    openssl = tool("openssl")
    public = subprocess.run(
        [openssl, "x509", "-in", folder / "evidence.pem", "-pubkey", "-noout"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    (tmp_path / "public.pem").write_bytes(public)
    subprocess.run(
        [openssl, "dgst", "-sha256", "-verify", tmp_path / "public.pem",
         "-signature", folder / "SHA256SUMS.sig", folder / "SHA256SUMS"],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["claim.json", "evidence.pdf", "orderproof-verify.py", "README.txt"]
)
def test_a_changed_file_in_a_zip_is_found(pack, orderproof, tmp_path, name):
    with zipfile.ZipFile(pack("C07", "zip")) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    files[name] += b"\n"
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        for each, content in files.items():
            archive.writestr(each, content)

    done = orderproof("verify", other, "--json")

    assert done.code == 3
    assert name in json.dumps(done.json["findings"])


def test_what_is_no_pack_is_refused_with_the_next_step(orderproof, tmp_path):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("claim.json", bytes(300 << 20))
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(10_001):
            archive.writestr(str(number), b"")
    for name, content in {
        "a.pdf": b"%PDF-1.7\nnothing", "b.pdf": b"%PDF-", "c.zip": b"PK\x03\x04nothing",
        "d.zip": bomb.getvalue(), "e.zip": many.getvalue(),
    }.items():  # fmt: skip
        file = tmp_path / name
        file.write_bytes(content)
        done = orderproof("verify", file)
        assert done.code == 3, name
        assert "once more" in done.err


def test_a_path_that_leads_out_is_never_written(pack, orderproof, tmp_path):
    files = packs.open_pack(pack("C07", "zip").read_bytes()).files
    escape = {
        "../escaped": b"x", "/tmp/escaped": b"x", "orders/../../escaped_20250101_r1.jsonl.gz": b"x",
        "attachments/" + "0" * 63 + "x": b"x",
    }  # fmt: skip
    file = forge(files, lambda found: found.update(escape), tmp_path)

    opened = packs.open_pack(file.read_bytes())
    done = orderproof("verify", file, "--json")

    assert not set(escape) & set(opened.files)
    assert done.code == 0
    assert any("no pack has" in each for each in done.json["not_checked"])
    assert not list(tmp_path.rglob("escaped*"))


@pytest.fixture
def authority(recorded, orderproof, tool, tmp_path):
    """A timestamp authority that the installation's keyring names."""
    made = Authority(tmp_path / "tsa", tool("openssl"))
    done = orderproof(
        "key", "authority", "add", "--name", "Fictional Time", "--data", recorded,
        "--certificate", made.folder / "root.pem", "--root", recorded / "keys" / "root-1.pem",
    )  # fmt: skip
    assert done.code == 0, done.err
    return made


def test_tokens_date_the_history_and_the_signature(
    recorded, authority, orderproof, monkeypatch, tool, tmp_path
):
    file = tmp_path / "p.pdf"
    with serving(stamping(authority)) as url:
        monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)
        assert orderproof("archive", "--all", "--data", recorded).code == 0
        assert orderproof("claim", "C07", "--pdf", file, "--data", recorded).code == 0
    shown = subprocess.run([tool("pdfsig"), file], capture_output=True, check=False).stdout
    text = subprocess.run([tool("pdftotext"), file, "-"], capture_output=True, check=True).stdout

    done = orderproof("verify", file, "--json")
    told = orderproof("verify", file).out

    assert b"Signature is Valid" in shown
    assert b"PAdES B-T" in text
    assert "Fictional Time Root" in text.decode()
    assert done.code == 0, done.out
    assert done.json["checked"]["tokens"] == 1
    assert not any("no outside time" in each for each in done.json["not_checked"])
    assert re.search(r"log +ok .*existed before .*Fictional Time Root.*signed before", told)


def test_a_witness_is_named_and_a_line_that_is_not_its_is_found(
    recorded, orderproof, monkeypatch, tool, tmp_path
):
    key = Ed25519PrivateKey.generate()
    public = VerifierKey("auditor.example/w1", key.public_key().public_bytes_raw(), COSIGNATURE)
    added = orderproof(
        "key", "witness", "add", public.vkey(), "--data", recorded,
        "--root", recorded / "keys" / "root-1.pem",
    )  # fmt: skip
    assert added.code == 0, added.err
    log = Keys(recorded / "keys").log(find(recorded).settings.origin)
    (tmp_path / "state").write_bytes(b"")
    made = Witness(public.name, key, log.vkeys[0], tmp_path / "state")

    def answers(method, path, body):
        reply = made.add_checkpoint(body, int(datetime.now(UTC).timestamp()))
        return reply.status, {"Content-Type": reply.kind}, reply.content.encode()

    with serving(answers) as url:
        monkeypatch.setenv("ORDERPROOF_WITNESS_URLS", url)
        assert orderproof("archive", "--all", "--data", recorded).code == 0
    made.close()
    file = tmp_path / "p.pdf"
    ask = ("claim", "C07", *DAY, "--data", recorded)
    assert orderproof(*ask, "--pdf", file, "--zip", tmp_path / "p.zip").code == 0
    text = subprocess.run([tool("pdftotext"), file, "-"], capture_output=True, check=True).stdout

    assert "auditor.example/w1 cosigned the log's state of" in " ".join(text.decode().split())
    assert re.search(
        r"log +ok .*was cosigned by auditor.example/w1", orderproof("verify", file).out
    )
    files = packs.open_pack((tmp_path / "p.zip").read_bytes()).files
    [path] = [each for each in files if each.startswith("log/cosignatures/")]

    def forge_line(found):
        line = note.parse_line(found.pop(path).decode().removesuffix("\n"))
        bad = replace(line, signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
        data = bad.line().encode()
        found[f"{path.rpartition('/')[0]}/{hashlib.sha256(data).hexdigest()}"] = data

    done = orderproof("verify", forge(files, forge_line, tmp_path), "--json")
    assert done.code == 3
    assert {each["code"] for each in done.json["findings"]} == {"CHECKPOINT_SIGNATURE_BAD"}


def test_a_stamp_that_keeps_the_signature_for_longer_may_be_added(
    pack, authority, orderproof, tmp_path
):
    class Stamper(TimeStamper):
        async def async_request_tsa_response(self, req):
            return tsp.TimeStampResp.load(authority.stamp(req.dump()))

    file = pack()
    longer = tmp_path / "longer.pdf"
    stamped = PdfTimeStamper(Stamper()).timestamp_pdf(
        IncrementalPdfFileWriter(io.BytesIO(file.read_bytes())), "sha256"
    )
    longer.write_bytes(stamped.getvalue())

    assert orderproof("verify", longer, "--json").code == 0
    secret = ec.generate_private_key(ec.SECP256R1())
    stranger = SigningKey(secret, (self_signed(secret, "other.example", datetime.now(UTC)),))
    with pytest.raises(SigningError):  # whoever heeds DocMDP signs no second time
        sign(file.read_bytes(), stranger)


def test_an_authority_that_is_silent_leaves_a_signature_without_time(
    recorded, authority, orderproof, monkeypatch, tool, tmp_path
):
    file = tmp_path / "p.pdf"
    stranger = Authority(tmp_path / "stranger", authority.openssl, title="Other Time")
    for answers in (lambda *_: (503, {}, b""), stamping(stranger)):
        with serving(answers) as url:
            monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)
            done = orderproof("claim", "C07", "--pdf", file, "--data", recorded)
        text = subprocess.run(
            [tool("pdftotext"), file, "-"], capture_output=True, check=True
        ).stdout

        assert done.code == 0
        assert "timestamp authority" in done.err
        assert b"PAdES B-B" in text
        assert b"gave no token that can be used" in " ".join(text.decode().split()).encode()
        assert check(packs.open_pack(file.read_bytes())).state == GOOD


def test_a_certificate_that_somebody_issued_is_used(
    archived, pack, orderproof, monkeypatch, tmp_path
):
    pack()  # makes the key
    key = load_pem_private_key((archived / "keys" / "evidence-key.pem").read_bytes(), None)
    above = ec.generate_private_key(ec.SECP256R1())
    root = certificate("Fictional Root", above, "Fictional Root", above, ca())
    leaf = certificate("Example Trading", key, "Fictional Root", above)
    (tmp_path / "root.pem").write_bytes(pem(root))
    (tmp_path / "chain.pem").write_bytes(pem(leaf) + pem(root))
    monkeypatch.setenv("ORDERPROOF_EVIDENCE_CERTIFICATE", str(tmp_path / "chain.pem"))
    for kind in ("pdf", "zip"):
        done = orderproof("verify", pack("C07", kind), "--certificate", tmp_path / "root.pem")
        assert done.code == 0, done.out
        assert "Example Trading" in done.out

    (tmp_path / "chain.pem").write_bytes(pem(root))
    refused = orderproof("claim", "C07", "--pdf", tmp_path / "x.pdf", "--data", archived)
    assert refused.code == 5
    assert "ORDERPROOF_EVIDENCE_CERTIFICATE" in refused.err
    monkeypatch.setenv("ORDERPROOF_EVIDENCE_CERTIFICATE", str(tmp_path / "none.pem"))
    assert orderproof("claim", "C07", "--pdf", tmp_path / "x.pdf", "--data", archived).code == 5


def test_a_pack_of_an_order_in_a_pack_of_the_archive(recorded, orderproof, tmp_path):
    assert orderproof("archive", "--all", "--layout", "pack", "--data", recorded).code == 0
    archive = recorded / "archive"
    assert list(archive.glob("packs/*/*.gz"))
    assert not list(archive.glob("orders/*/*/*.gz"))

    ask = ("claim", "C07", "--from-archive", archive, "--data", recorded, *DAY)
    assert orderproof(*ask, "--pdf", tmp_path / "1.pdf").code == 0
    (archive / "index" / "root.json").unlink()
    assert orderproof(*ask, "--zip", tmp_path / "2.zip").code in (0, 3, 4)

    done = orderproof("verify", tmp_path / "1.pdf", "--json")
    assert done.code == 0, done.out
    files = packs.open_pack((tmp_path / "1.pdf").read_bytes()).files
    others = packs.open_pack((tmp_path / "2.zip").read_bytes()).files
    [history] = [path for path in files if path.startswith("orders/")]
    assert others[history] == files[history]


def test_a_pack_of_one_history_file(archived, orderproof, monkeypatch, tmp_path):
    [file] = archived.glob("archive/orders/example/*/C07_*")
    lone = shutil.copy(file, tmp_path / file.name)
    keyring = shutil.copy(archived / "trust" / "keyring.1.json", tmp_path / "keyring.json")
    shutil.rmtree(archived)
    monkeypatch.chdir(tmp_path)
    done = orderproof(
        "claim", "C07", "--from-archive", lone, "--keyring", keyring, "--pdf", tmp_path / "p.pdf"
    )
    assert done.code == 0, done.err

    done = orderproof("verify", tmp_path / "p.pdf", "--keyring", keyring, "--json")

    assert done.code == 0, done.out
    assert any("it is not signed" in each for each in done.json["not_checked"])
