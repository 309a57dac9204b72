"""The demo: the main job on real input, told as a story, with the real commands."""

import gzip
import shutil
import sys
from importlib.resources import as_file, files
from pathlib import Path

from orderproof import errors
from orderproof.storytelling import do, make_anew, tell
from orderproof.terminal import say, shown

_UCI_SAMPLE = "uci_online_retail_sample.csv.gz"
_REFUNDS = "refunds_that_go_wrong.jsonl"
_LATER = "2025-12-01"
_UNKNOWN_ORIGINAL = "C536391"


def run(folder: Path) -> int:
    """Tell the story in a folder of its own, and return the exit code.

    Raises:
        CommandError: the folder holds something that no demo made.
    """
    make_anew(folder)
    data, kept = folder / "data", folder / "kept-archive"
    samples = files("orderproof") / "samples"
    with as_file(samples / _UCI_SAMPLE) as uci, as_file(samples / _REFUNDS) as refunds:
        tell("A seller sets up Orderproof. PostgreSQL comes with it and runs by itself.")
        do("init", "--data", data)
        tell("It records half a year of real invoices and credit notes of a UK gift shop …")
        do("import", uci, "--data", data)
        tell(
            "… and ten orders whose refunds went wrong in different ways. One line is no event\n"
            "   (128.00 is no integer in minor units): it goes to the quarantine."
        )
        do("import", refunds, "--data", data, expect=errors.PARTLY)
        tell("Importing the same file again records nothing.")
        do("import", uci, "--data", data)
    tell("Every order's history is sealed, put in a signed log, and stored as plain files.")
    do("archive", "--all", "--data", data)
    tell(
        "Then the company closes. Database, keys and data folder are gone; "
        "somebody has a copy of the archive."
    )
    shutil.move(data / "archive", kept)
    shutil.rmtree(data)
    say(f"   $ mv {data / 'archive'} {kept}; rm -r {data}\n")
    tell('Half a year later: "My refund never came." Three claims, answered from the files alone.')
    tell("1. The money was sent, and the customer's bank can find it by the reference.")
    do("claim", "demo/D-1001", "--from-archive", kept, "--as-of", _LATER)
    tell("2. The customer is right: the refund failed, nobody sent it again.")
    do("claim", "demo/D-1002", "--from-archive", kept, "--as-of", _LATER)
    tell("3. A real credit note whose purchase is older than the record.")
    do("claim", f"uci/{_UNKNOWN_ORIGINAL}", "--from-archive", kept, "--as-of", _LATER)
    tell("Is the archive what was recorded? Anyone can check, offline.")
    do("verify", kept)
    tell("Somebody changes one amount in a copy of one history: 128.00 becomes 1.28.")
    forged = _forge(kept, folder / "forged-archive")
    do("verify", folder / "forged-archive", expect=errors.ALTERED)
    command = shown(Path(sys.executable).with_name("orderproof"))
    answer = f"{command} claim --from-archive {kept}"
    say("What to try next:\n")
    say(f"   {answer} demo/D-1005 --letter    the customer's letter")
    say(f"   {answer} demo/D-1007 --lang zh   in Chinese")
    say(f"   {command} verify {forged}    one file alone")
    say(f"   zcat {next(kept.glob('orders/demo/*/D-1001_*'))} | less    what is in a history")
    say("   make test    what is promised, shown\n")
    return errors.OK


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
