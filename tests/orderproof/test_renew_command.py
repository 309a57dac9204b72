"""`orderproof renew`, with an authority, without one, and over an archive that was altered."""

import pytest

from archive.verify.outside import Trusted
from orderproof import outside
from tests.archive.authority import Authority, der, serving, stamping


@pytest.fixture
def authority(tool, tmp_path, monkeypatch):
    made = Authority(tmp_path / "tsa", tool("openssl"))
    monkeypatch.setattr(outside, "trusted", lambda _: Trusted([der(made.root)]))
    return made


@pytest.fixture
def archived(data, orderproof):
    assert orderproof("archive", "--data", data).code == 0
    return data


def test_an_archive_is_renewed_and_once_more(archived, orderproof, authority, monkeypatch):
    with serving(stamping(authority)) as url:
        monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)
        first = orderproof("renew", "--data", archived, "--json")
        told = orderproof("renew", "--data", archived)

    assert (first.code, told.code) == (0, 0)
    assert (first.json["renewed"]["number"], first.json["renewed"]["tokens"]) == (1, 1)
    assert "Renewal 2: " in told.out
    assert "Stamped by timestamp authorities: 1 token." in told.out
    for number in (1, 2):
        listed = archived / "archive" / "renewals" / f"{number}.jsonl.gz"
        (token,) = (archived / "archive" / "renewals" / str(number)).glob("*.tsr")
        assert authority.accepts(listed.read_bytes(), token.read_bytes())


def test_without_an_authority_nothing_is_renewed(archived, orderproof):
    done = orderproof("renew", "--data", archived)

    assert done.code == 8
    assert "Next: set ORDERPROOF_TSA_URLS" in done.err
    assert not (archived / "archive" / "renewals").exists()


def test_an_authority_has_to_be_in_the_keyring(archived, orderproof, monkeypatch):
    monkeypatch.setenv("ORDERPROOF_TSA_URLS", "http://127.0.0.1:9/")

    done = orderproof("renew", "--data", archived)

    assert done.code == 8
    assert "Next: orderproof key authority add" in done.err
    assert not (archived / "archive" / "renewals").exists()


def test_where_nobody_answers_it_says_how_to_go_on(archived, orderproof, authority, monkeypatch):
    with serving(lambda *_: (503, {}, b"")) as url:
        monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)
        down = orderproof("renew", "--data", archived)
    with serving(stamping(authority)) as url:
        monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)
        up = orderproof("renew", "--data", archived)

    assert down.code == 7
    assert "Next: orderproof renew" in down.out
    assert up.code == 0
    assert up.out.startswith("Went on with renewal 1: ")


def test_what_was_altered_is_not_renewed(archived, orderproof, authority, monkeypatch):
    file = archived / "archive" / "README.txt"
    file.chmod(0o600)
    file.write_bytes(file.read_bytes() + b"x")
    with serving(stamping(authority)) as url:
        monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)
        done = orderproof("renew", "--data", archived)

    assert done.code == 3
    assert "nothing was renewed" in done.err
    assert not (archived / "archive" / "renewals").exists()


def test_before_the_first_run_there_is_nothing_to_renew(data, orderproof, monkeypatch):
    monkeypatch.setenv("ORDERPROOF_TSA_URLS", "http://127.0.0.1:9/")

    assert orderproof("renew", "--data", data).code == 6
