"""An archive is hashed and stamped anew, killed on the way, verified, and tampered with."""

import gzip
import hashlib
import json
import subprocess
import sys
from datetime import date

import pytest

from archive import layout, member, renewal, timestamping, trust
from archive.archiver import archive_run
from archive.bucket import BucketStore
from archive.bucket_files import BucketFiles
from archive.folder import Folder
from archive.renewing import Asked, renew
from archive.single_file import single_file
from archive.store import ObjectDiffersError
from archive.verify import files as verify_files
from archive.verify import log_check, verify_archive
from archive.verify.keys import settle_trust
from archive.verify.outside import Trusted
from archive.verify.renewals import check_renewals
from archive.verify.report import Report
from archive.verify.run import inspect
from tests.archive.archive_scene import ROOT, SIGNER, TAG_KEY, order, run
from tests.archive.authority import der, serving, stamping
from tests.archive.memory_log import MemoryLog


@pytest.fixture
def log():
    return MemoryLog()


@pytest.fixture
def root(tmp_path, log, authority):
    """An archive whose keyring names the authority."""
    root = tmp_path / "archive"
    archive(log, root, authority, "202405001")
    return root


def archive(log, root, authority, number):
    run(log, root, [order(log, number)], keyrings=[keyring(authority)])


def keyring(authority):
    keys = tuple(map(trust.TrustedKey, SIGNER.vkeys))
    roots = trust.Roots((ROOT.public_key().public_bytes_raw(),))
    stamps = (trust.Authority("Fictional Time", der(authority.root)),)
    named = trust.Keyring(SIGNER.origin, keys, roots, authorities=stamps)
    return trust.envelope(named).signed(ROOT).encode()


def renewed(root, authority, believed=None, store=Folder):
    with serving(stamping(authority)) as url, store(root) as opened:
        asked = Asked([url], [der((believed or authority).root)])
        return renew(opened, verify_files.Folder(root), asked)


def codes(report):
    """Return the findings, but for that no run's checkpoint was stamped in these archives."""
    return sorted(set(report.total) - {"TIMESTAMP_MISSING"})


def verified(root, **options):
    return verify_archive(root, **options)


def rows(root, number=1):
    text = gzip.decompress((root / f"renewals/{number}.jsonl.gz").read_bytes())
    header, *lines = text.decode().splitlines()
    return json.loads(header), {line[130:]: line[:128] for line in lines}


def put(root, name, data):
    target = root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.write_bytes(data)


def tokens_of(root, number=1):
    return sorted((root / f"renewals/{number}").glob("*.tsr"))


def test_every_final_file_is_listed_and_openssl_accepts_the_token(root, authority):
    done = renewed(root, authority)
    header, listed = rows(root)
    (token,) = tokens_of(root)
    report = verified(root)

    assert (done.number, done.tokens, done.resumed, done.problems) == (1, 1, False, [])
    assert header == {
        "files": len(listed), "hash": "sha512", "orderproof": 1, "origin": SIGNER.origin,
        "renewal": 1, "size": done.size,
    }  # fmt: skip
    assert list(listed) == sorted(listed)
    for name, digest in listed.items():
        assert hashlib.sha512((root / name).read_bytes()).hexdigest() == digest
    there = {str(f.relative_to(root)) for f in root.rglob("*") if f.is_file()}
    left_out = {name.partition("/")[0] for name in there - set(listed)}
    assert left_out == {
        "README.txt", "index", "log", "open", "orderproof-verify.py", "renewals", "spec", "viewer",
    }  # fmt: skip
    assert {name for name in there - set(listed) if name.startswith("log/")} == {"log/checkpoint"}
    assert authority.accepts((root / "renewals/1.jsonl.gz").read_bytes(), token.read_bytes())
    assert codes(report) == []
    assert report.checked["files_renewed"] == len(listed)
    (step,) = (step for step in report.steps if step.name == "renewals")
    assert step.summary.startswith("renewed on 20")


def test_a_later_renewal_covers_the_one_before(log, root, authority):
    renewed(root, authority)
    archive(log, root, authority, "202405002")
    second = renewed(root, authority)
    third = renewed(root, authority)  # nothing was recorded since, and it is renewed all the same

    _, listed = rows(root, 3)

    assert (second.number, third.number, second.size) == (2, 3, third.size)
    assert {"renewals/1.jsonl.gz", "renewals/2.jsonl.gz"} < set(listed)
    assert {str(f.relative_to(root)) for f in tokens_of(root, 1) + tokens_of(root, 2)} < set(listed)
    assert codes(verified(root)) == []


def test_a_renewal_that_nobody_stamped_is_gone_on_with(log, root, authority):
    with serving(lambda *_: (503, {}, b"")) as url, Folder(root) as store:
        down = renew(store, verify_files.Folder(root), Asked([url], [der(authority.root)]))
    before = (root / "renewals/1.jsonl.gz").read_bytes()
    report = verified(root)
    archive(log, root, authority, "202405002")
    done = renewed(root, authority)

    assert (down.tokens, len(down.problems)) == (0, 1)
    assert (codes(report), report.verdict) == (["FILE_UNEXPECTED"], "incomplete")
    assert (done.number, done.resumed, done.tokens) == (1, True, 1)
    assert (root / "renewals/1.jsonl.gz").read_bytes() == before
    assert codes(verified(root)) == []


class Killed(BaseException):
    """What a kill looks like from within."""


@pytest.mark.parametrize("when", ["put_large", "put_new"])
def test_killed_before_list_or_token_is_there_it_goes_on(root, authority, when):
    class Dying(Folder):
        """Dies in the middle of the list, or before the token."""

        def put_large(self, path, pieces, retain_until=None):
            if when == "put_large":
                super().put_large(path, dying(pieces), retain_until)
            super().put_large(path, pieces, retain_until)

        def put_new(self, *arguments):
            raise Killed

    def dying(pieces):
        yield next(iter(pieces))
        raise Killed

    with pytest.raises(Killed):
        renewed(root, authority, store=Dying)
    listed = (root / "renewals/1.jsonl.gz").exists()
    done = renewed(root, authority)

    assert listed == (when == "put_new")
    assert (done.number, done.resumed, done.tokens) == (1, listed, 1)
    assert codes(verified(root)) == []


def test_an_authority_that_the_keyring_does_not_name_stamps_nothing(root, authority, new_authority):
    done = renewed(root, new_authority("impostor"), believed=authority)

    assert done.tokens == 0
    assert "no chain leads to an authority of the keyring" in done.problems[0]
    assert tokens_of(root) == []


def test_every_flipped_byte_of_list_and_token_is_found(root, authority):
    renewed(root, authority)
    for file in (root / "renewals/1.jsonl.gz", *tokens_of(root)):
        data = file.read_bytes()
        file.chmod(0o600)
        for place in range(0, len(data), len(data) // 12):
            changed = bytearray(data)
            changed[place] ^= 1
            file.write_bytes(bytes(changed))
            report = verified(root)
            assert (codes(report), report.verdict) == (["RENEWAL_BAD"], "altered"), place
        file.write_bytes(data)
    assert codes(verified(root)) == []


def test_a_file_that_nothing_else_is_known_of_is_held_to_its_digest(root, authority):
    """As if SHA-256 told nothing any more: revocation data of a checkpoint that says little."""
    size = (root / "log/checkpoint").read_text().splitlines()[1]
    data = authority.revocation_list()
    name = layout.token_path(int(size), data, "crl")
    put(root, name, data)
    renewed(root, authority)
    # Its times are whole seconds, so one of the same second has the same bytes.
    put(root, name, next(each for each in iter(authority.revocation_list, None) if each != data))

    report = verified(root)

    assert ("RENEWAL_BAD", name) in report.accused
    assert report.verdict == "altered"


def test_listed_files_that_are_missing_are_named_once(root, authority):
    renewed(root, authority)
    gone = [name for name in rows(root)[1] if name.startswith(("orders/", "log/checkpoints/"))]
    for name in gone:
        (root / name).unlink()

    report = verified(root)

    assert {name for code, name in report.accused if code == "FILE_MISSING"} == set(gone)
    assert report.total["FILE_MISSING"] == len(gone)
    assert "RENEWAL_BAD" not in codes(report)


def forged(root, authority, number, change):
    """Store another list under a number, stamped by an authority, as somebody with a key could."""
    header, listed = rows(root)
    listed = change(dict(listed))
    lines = [f"{digest}  {name}\n".encode() for name, digest in sorted(listed.items())]
    first = renewal.Header(len(lines), header["origin"], number, header["size"]).encode()
    data = member.compress(b"".join([first, *lines]))
    put(root, layout.renewal_path(number), data)
    with serving(stamping(authority)) as url:
        digest = hashlib.sha512(data).digest()
        token = timestamping.stamp_digest("sha512", digest, url, [der(authority.root)]).response
    put(root, layout.renewal_token_path(number, token, "tsr"), token)


def test_an_older_renewal_that_a_newer_does_not_cover_is_found(root, authority):
    renewed(root, authority)
    forged(root, authority, 2, lambda listed: listed)

    report = verified(root)

    assert codes(report) == ["RENEWAL_BAD"]
    assert report.total["RENEWAL_BAD"] == 2  # list and token of the first


def test_a_gap_between_renewals_is_found(root, authority):
    renewed(root, authority)
    renewed(root, authority)
    renewed(root, authority)
    (root / "renewals/2.jsonl.gz").unlink()

    report = verified(root)

    assert (codes(report), report.verdict) == (["FILE_MISSING"], "incomplete")


@pytest.mark.parametrize("name", ["log/checkpoint", "open/1.jsonl.gz", "../x", "/etc/passwd"])
def test_a_list_that_names_what_is_not_final_is_bad(root, authority, name):
    renewed(root, authority)
    (first,) = tokens_of(root)
    first.unlink()
    forged(root, authority, 1, lambda listed: listed | {name: "0" * 128})

    assert codes(verified(root)) == ["RENEWAL_BAD"]


def test_a_token_over_the_sha256_of_a_list_does_not_renew(root, authority):
    renewed(root, authority)
    (token,) = tokens_of(root)
    token.unlink()
    data = (root / "renewals/1.jsonl.gz").read_bytes()
    with serving(stamping(authority)) as url:
        weak = timestamping.stamp(data, url, [der(authority.root)]).response
    put(root, layout.renewal_token_path(1, weak, "tsr"), weak)

    assert codes(verified(root)) == ["RENEWAL_BAD"]


def test_without_an_authority_in_the_keyring_nothing_is_held_to_a_list(root, authority):
    renewed(root, authority)
    files = verify_files.Folder(root)
    report = inspect(files, trusted=Trusted()).report
    put(root, "renewals/2.jsonl.gz", (root / "renewals/1.jsonl.gz").read_bytes())
    stranger = inspect(verify_files.Folder(root), trusted=Trusted()).report

    assert report.verdict == "intact"
    assert "renewed_at" not in report.checked
    assert any(text.startswith("renewals: the keyring names no") for text in report.not_checked)
    assert stranger.total["RENEWAL_BAD"] == 1  # it is not what its name says


def test_an_archive_that_was_set_back_before_its_renewal_shows_it(log, root, authority):
    kept = {f: (root / f).read_bytes() for f in ("log/checkpoint", "index/root.json")}
    archive(log, root, authority, "202405002")
    renewed(root, authority)
    for name, data in kept.items():
        put(root, name, data)

    assert "LOG_ROLLED_BACK" in codes(verified(root))


def test_for_one_order_or_a_sample_files_are_not_hashed(root, authority):
    renewed(root, authority)
    report = verified(root, order="202405001")

    assert codes(report) == []
    assert "files_renewed" not in report.checked
    assert any(text.startswith("renewals: renewed on 20") for text in report.not_checked)


def test_what_retention_deleted_is_not_missed(root, authority):
    renewed(root, authority)
    name = next(name for name in rows(root)[1] if name.startswith("orders/"))
    (root / name).unlink()
    files = verify_files.Folder(root)
    trusted = Trusted([der(authority.root)])
    cut, _ = log_check.find_cut(files, settle_trust(files, None)[0])
    reports = {}
    for deleted in (frozenset(), frozenset({name})):
        report = reports[deleted] = Report()
        report.begin("renewals")
        state = log_check.read_log(files, cut, report)
        check_renewals(files, state, trusted, deleted, report, whole=True)

    missing, deleted = reports.values()
    assert missing.accused == {("FILE_MISSING", name)}
    assert deleted.accused == set()


def test_the_single_file_verifier_says_the_same(root, authority, tmp_path):
    renewed(root, authority)
    program = tmp_path / "orderproof-verify.py"
    program.write_bytes(single_file())

    def said():
        command = [sys.executable, "-I", program, root, "--json"]
        return json.loads(subprocess.run(command, capture_output=True, check=False).stdout)

    good = said()
    name = next(name for name in rows(root)[1] if name.startswith("manifests/"))
    put(root, name, (root / name).read_bytes() + b"\n")
    bad = said()

    assert good["verdict"] == "incomplete"  # tokens over checkpoints are missing
    assert {each["code"] for each in good["findings"]} == {"TIMESTAMP_MISSING"}
    assert "renewed_at" in good["checked"]
    assert "RENEWAL_BAD" in {each["code"] for each in bad["findings"]}
    assert bad == verified(root).as_dict()


def test_a_list_in_a_bucket_is_locked_and_written_once(bucket, authority, log, new_authority):
    with BucketStore(bucket) as store, serving(stamping(authority)) as url:
        archive_run(
            log, store, streams=[order(log, "202405001")], signer=SIGNER,
            keyrings=[keyring(authority)], tag_key=TAG_KEY,
        )  # fmt: skip
        asked = Asked([url], [der(authority.root)], date(2099, 12, 31))
        done = renew(store, BucketFiles(bucket), asked)
        with pytest.raises(ObjectDiffersError):
            store.put_large("renewals/1.jsonl.gz", [b"other"])
    files = BucketFiles(bucket)
    lock = files.lock("renewals/1.jsonl.gz")
    report = verify_archive(files)

    assert (done.number, done.tokens) == (1, 1)
    assert lock.strong
    assert lock.until > date(2099, 12, 31)
    assert codes(report) == []
    assert "renewed_at" in report.checked
