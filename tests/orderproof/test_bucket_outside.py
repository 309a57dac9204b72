"""A bucket beside others: stamps and cosignatures go into it, and a claim asks it little."""

import re

import pytest

from archive.index import growth
from tests.archive.authority import Authority, serving, stamping
from tests.orderproof.erase_scene import MAX, lines, placed
from tests.orderproof.test_witness_command import running
from tests.s3_proxy import proxy_of


def said_outside(names):
    """The files of authorities and witnesses, without what is random in their names."""
    found = (name for name in names if name.startswith(("log/tokens/", "log/cosignatures/")))
    return sorted(re.sub(r"[0-9a-f]{64}", "…", name) for name in found)


@pytest.fixture
def confirmed(data, orderproof, tool, tmp_path, monkeypatch):
    """Archive to an address, with an authority and a witness of the keyring."""
    (data / "keys/root-1.pem").rename(tmp_path / "root.pem")

    def key(*arguments):
        options = ("--root", tmp_path / "root.pem", "--data", data)
        assert orderproof("key", *arguments, *options).code == 0

    def confirmed(where):
        monkeypatch.setenv("ORDERPROOF_ARCHIVE_URL", where)
        authority = Authority(tmp_path / "tsa", tool("openssl"))
        assert orderproof("archive", "--data", data).code == 0
        log = orderproof("key", "list", "--data", data, "--json").json["keys"][0]["vkey"]
        with (
            serving(stamping(authority)) as authority_url,
            running(tmp_path, log=log) as (_, witness),
        ):
            certificate = authority.folder / "root.pem"
            key("authority", "add", "--name", "Fictional Time", "--certificate", certificate)
            key("witness", "add", witness["vkey"])
            key("witness", "quorum", 1)
            monkeypatch.setenv("ORDERPROOF_TSA_URLS", authority_url)
            monkeypatch.setenv("ORDERPROOF_WITNESS_URLS", witness["url"])
            done = orderproof("archive", "--data", data, "--json")
        assert (done.code, done.json["outside"]["problems"]) == (0, [])
        return done.json["outside"], orderproof("verify", where, "--json").json

    return confirmed


def test_stamps_and_cosignatures_go_into_a_folder(confirmed, tmp_path):
    outside, verified = confirmed(f"file://{tmp_path}/kept")

    kept = tmp_path / "kept"
    found = said_outside(str(each.relative_to(kept)) for each in kept.rglob("*") if each.is_file())
    assert_is_confirmed(outside, verified, found)


def test_stamps_and_cosignatures_go_into_a_bucket_as_into_a_folder_and_are_locked(
    confirmed, address, bucket
):
    outside, verified = confirmed(address)

    names = [name for name, _ in bucket.versions("log/")]
    assert_is_confirmed(outside, verified, said_outside(names))
    for name in names:
        if name.startswith(("log/tokens/", "log/cosignatures/")):
            assert bucket.ask("head_object", name)["ObjectLockMode"] == "COMPLIANCE", name


def assert_is_confirmed(outside, verified, found):
    assert (outside["tokens"], outside["cosignatures"], outside["waiting"]) == (1, 1, [])
    (size,) = {name.split("/")[2] for name in found}
    assert found == [f"log/cosignatures/{size}/…", f"log/tokens/{size}/….tsr"]
    assert int(size) == verified["checked"]["size"]
    assert verified["verdict"] == "intact"
    reached = f"outside time reaches to size {size}, "
    assert any(text.startswith(reached) for text in verified["not_checked"])


@pytest.mark.parametrize("layout", ["per-order", "pack"])
def test_a_claim_on_a_bucket_takes_four_requests_at_most(
    data, address, s3, orderproof, tmp_path, monkeypatch, layout
):
    monkeypatch.setattr(growth, "INLINE", 0)  # two generations, as an archive of any size has
    for numbers in (range(60), [60]):
        file = tmp_path / "events.jsonl"
        file.write_text(lines([placed(f"de/{number}", MAX) for number in numbers]))
        assert orderproof("import", file, "--data", data).code == 0
        assert orderproof("archive", "--all", "--layout", layout, "--data", data).code == 0
    asked = []
    with proxy_of(s3.endpoint) as proxy:
        proxy.before = lambda method, path: asked.append((method, path))
        monkeypatch.setenv("ORDERPROOF_S3_ENDPOINT_URL", proxy.endpoint)

        done = orderproof("claim", "de/7", "--from-archive", address, "--json")

    assert (done.code, done.json["integrity"]["verdict"]) == (0, "intact")
    assert done.json["integrity"]["requests"] == len(asked) == 4, asked
    assert {method for method, _ in asked} == {"GET"}
