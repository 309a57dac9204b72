"""The demo with the archive in a bucket: what a thief of the archiver's key cannot do."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from archive.s3 import Bucket
from archive.s3_errors import RefusedError
from archive.s3_place import Place
from orderproof import errors, s3_server
from orderproof.storytelling import do, make_anew, tell
from orderproof.terminal import say

_PLACE = "s3://demo-proof/shop"
_LATER = "2025-12-01"


def run(folder: Path) -> int:
    """Tell the story in a folder of its own, and return the exit code.

    Raises:
        CommandError: the folder holds something that no demo made, or a step went wrong.
    """
    make_anew(folder)
    tell("A real S3 server with Object Lock starts on this machine (SeaweedFS, loopback only).")
    with s3_server.running(folder / "s3") as server:
        place = Place("demo-proof", "shop", server.endpoint)
        bucket = Bucket(place, server.credentials)
        bucket.ask("create_bucket", ObjectLockEnabledForBucket=True)
        settings = {
            "AWS_ACCESS_KEY_ID": server.credentials.key_id,
            "AWS_SECRET_ACCESS_KEY": server.credentials.secret,
            "ORDERPROOF_ARCHIVE_URL": _PLACE,
            "ORDERPROOF_S3_ENDPOINT_URL": server.endpoint,
        }
        _archive(folder / "data", settings)
        tell("Then the company closes. Database, keys and data folder are gone; the bucket stays.")
        shutil.rmtree(folder / "data")
        say(f"   $ rm -r {folder / 'data'}\n")
        tell('Half a year later: "My refund never came." The answer comes from the bucket alone.')
        claim = ("claim", "demo/D-1002", "--from-archive", _PLACE, "--as-of", _LATER)
        do(*claim, settings=settings)
        do("verify", _PLACE, settings=settings)
        _steal(bucket)
        tell("Both are named. What was stored first is still there, and is what is read.")
        do("verify", _PLACE, expect=errors.INCOMPLETE, settings=settings)
    say("On a server of your own the lock is a promise of its S3 interface, not of the disk.\n")
    return errors.OK


def _archive(data: Path, settings: dict[str, str]) -> None:
    do("init", "--data", data, settings=settings)
    refunds = files("orderproof") / "samples" / "refunds_that_go_wrong.jsonl"
    with as_file(refunds) as file:
        do("import", file, "--data", data, expect=errors.PARTLY, settings=settings)
    tell("Does the bucket keep what is locked in it? A canary is put in, and everything is tried.")
    do("bucket", "doctor", "--data", data, settings=settings)
    tell("Every order's history is sealed, stored once, locked, and the lock is read back.")
    do("archive", "--all", "--data", data, settings=settings)


def _steal(bucket: Bucket) -> None:
    """Do what somebody can who has the archiver's access key."""
    names = sorted(name for name, _ in bucket.versions("orders/demo/"))
    first, second = names[0], names[1]
    tell("Somebody steals the archiver's key, and deletes one history and writes over another …")
    bucket.ask("delete_object", first)
    bucket.ask("put_object", second, Body=b"another story\n")
    say(f"   {first}: hidden by a delete marker")
    say(f"   {second}: another version put over it\n")
    tell("… but what is locked stays:")
    [stored, *_] = bucket.versions_of(first)
    try:
        bucket.ask("delete_object", first, VersionId=stored.id)
    except RefusedError as error:
        say(f"   {error}\n")
