"""The demo: the main job on real input, told as a story, with the real commands."""

import gzip
import shutil
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

from orderproof import errors
from orderproof.errors import CommandError
from orderproof.settings import plain_environment
from orderproof.terminal import say, shown

_MARKER = ".made-by-orderproof-demo"
_UCI_SAMPLE = "uci_online_retail_sample.csv.gz"
_REFUNDS = "refunds_that_go_wrong.jsonl"
_ORIGIN = "demo.example.com/orders"
_LATER = "2025-12-01"
_UNKNOWN_ORIGINAL = "C536391"


def run(folder: Path) -> int:
    """Tell the story in a folder of its own, and return the exit code.

    Raises:
        CommandError: the folder holds something that no demo made.
    """
    _make_anew(folder)
    data, kept = folder / "data", folder / "kept-archive"
    samples = files("orderproof") / "samples"
    with as_file(samples / _UCI_SAMPLE) as uci, as_file(samples / _REFUNDS) as refunds:
        _tell("A seller sets up Orderproof. PostgreSQL comes with it and runs by itself.")
        _do("init", "--data", data)
        _tell("It records half a year of real invoices and credit notes of a UK gift shop …")
        _do("import", uci, "--data", data)
        _tell(
            "… and ten orders whose refunds went wrong in different ways. One line is no event\n"
            "   (128.00 is no integer in minor units): it goes to the quarantine."
        )
        _do("import", refunds, "--data", data, expect=errors.PARTLY)
        _tell("Importing the same file again records nothing.")
        _do("import", uci, "--data", data)
    _tell("Every order's history is sealed, put in a signed log, and stored as plain files.")
    _do("archive", "--all", "--data", data)
    _tell(
        "Then the company closes. Database, keys and data folder are gone; "
        "somebody has a copy of the archive."
    )
    shutil.move(data / "archive", kept)
    shutil.rmtree(data)
    say(f"   $ mv {data / 'archive'} {kept}; rm -r {data}\n")
    _tell('Half a year later: "My refund never came." Three claims, answered from the files alone.')
    _tell("1. The money was sent, and the customer's bank can find it by the reference.")
    _do("claim", "demo/D-1001", "--from-archive", kept, "--as-of", _LATER)
    _tell("2. The customer is right: the refund failed, nobody sent it again.")
    _do("claim", "demo/D-1002", "--from-archive", kept, "--as-of", _LATER)
    _tell("3. A real credit note whose purchase is older than the record.")
    _do("claim", f"uci/{_UNKNOWN_ORIGINAL}", "--from-archive", kept, "--as-of", _LATER)
    _tell("Is the archive what was recorded? Anyone can check, offline.")
    _do("verify", kept)
    _tell("Somebody changes one amount in a copy of one history: 128.00 becomes 1.28.")
    forged = _forge(kept, folder / "forged-archive")
    _do("verify", folder / "forged-archive", expect=errors.ALTERED)
    command = shown(Path(sys.executable).with_name("orderproof"))
    answer = f"{command} claim --from-archive {kept}"
    say("What to try next:\n")
    say(f"   {answer} demo/D-1005 --letter    the customer's letter")
    say(f"   {answer} demo/D-1007 --lang zh   in Chinese")
    say(f"   {command} verify {forged}    one file alone")
    say(f"   zcat {next(kept.glob('orders/demo/*/D-1001_*'))} | less    what is in a history")
    say("   make test    what is promised, shown\n")
    return errors.OK


def _make_anew(folder: Path) -> None:
    if folder.exists():
        if not (folder / _MARKER).exists():
            raise CommandError(f"{folder} was not made by a demo. Name another with --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARKER).touch()


def _tell(text: str) -> None:
    say(f"── {text}")


def _do(*arguments: str | Path, expect: int = errors.OK) -> None:
    """Run a command as anybody would, show it with what it prints, and insist on its exit code."""
    words = [str(argument) for argument in arguments]
    shown = [Path(word).name if Path(word).is_absolute() else word for word in words]
    say(f"   $ orderproof {' '.join(shown)}")
    sys.stdout.flush()
    done = subprocess.run(
        [sys.executable, "-m", "orderproof", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=plain_environment(_ORIGIN),
    )
    for line in done.stdout.splitlines():
        say(f"   {line}".rstrip())
    say(f"   (exit code {done.returncode})\n" if done.returncode else "")
    if done.returncode != expect:
        raise CommandError(
            f"this step should have ended with {expect} and ended with {done.returncode}",
            errors.INTERNAL,
        )


def _forge(archive: Path, copy: Path) -> Path:
    """Copy an archive and change one amount in one history, as a clumsy forger would."""
    shutil.copytree(archive, copy)
    history = next(copy.glob("orders/demo/*/D-1001_*"))
    text = gzip.decompress(history.read_bytes())
    settled = text.index(b'"type":"refund.settled"')
    start = text.rindex(b"\n", 0, settled)
    forged = text[:start] + text[start:].replace(b'"amount":12800', b'"amount":128', 1)
    history.chmod(0o644)
    history.write_bytes(gzip.compress(forged, mtime=0))
    return history
