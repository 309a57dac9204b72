"""Whether a bucket may hold the archive: asked of the bucket, told to people, remembered."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]

from archive import s3_client
from archive.bucket_probe import (
    Check,
    Upload,
    creates_once,
    has_passed,
    probe,
    unfinished_uploads,
)
from archive.s3 import Bucket
from archive.s3_place import Place
from orderproof import addresses, errors, terminal
from orderproof.errors import CommandError
from orderproof.installation import Installation
from orderproof.terminal import counted, safe

REMEMBERED = "bucket-probe.json"


def run(installation: Installation, *, as_json: bool) -> int:
    """Try the bucket of an installation, print what it does, and remember whether it passed.

    Returns:
        0, or 8 if nothing may be archived there.

    Raises:
        CommandError: the archive is in no bucket.
    """
    place = installation.archive
    if not isinstance(place, Path):
        bucket = Bucket(place)
        checks = probe(bucket)
        _remember(installation, place, checks)
        uploads = unfinished_uploads(bucket)
        if as_json:
            terminal.print_json(_as_dict(place, checks, uploads))
        else:
            terminal.say(_describe(place, checks, uploads))
        return errors.OK if has_passed(checks) else errors.REFUSED
    raise _no_bucket(place)


def make(installation: Installation, *, as_json: bool) -> int:
    """Make the bucket of an installation with Object Lock, unless it is there.

    Raises:
        CommandError: the archive is in no bucket, or it cannot be made.
    """
    place = installation.archive
    if isinstance(place, Path):
        raise _no_bucket(place)
    client = s3_client.connect(place.endpoint, tries=5)
    made = True
    try:
        client.create_bucket(Bucket=place.bucket, ObjectLockEnabledForBucket=True)
    except client.exceptions.ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code not in ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"):
            raise CommandError(
                f"the bucket cannot be made: {terminal.safe(code)}", errors.CANNOT_TELL
            ) from None
        made = False
    except BotoCoreError as error:
        raise CommandError(
            f"the bucket cannot be made: {type(error).__name__}", errors.CANNOT_TELL
        ) from None
    if as_json:
        terminal.print_json({"bucket": place.bucket, "made": made})
    else:
        terminal.say(f"{safe(place.bucket)}: {'made' if made else 'is there'}")
    return errors.OK


def _no_bucket(place: Path) -> CommandError:
    return CommandError(
        f"the archive is in the folder {addresses.shown(place)}. Name a bucket with "
        "ORDERPROOF_ARCHIVE_URL=s3://bucket/prefix."
    )


def require(installation: Installation, place: Place) -> bool:
    """Make sure that a bucket passed the probe; ask it where it is not known to have.

    Returns:
        Whether the bucket refuses a second version where it is asked to.

    Raises:
        CommandError: it did not pass; nothing may be archived there.
    """
    known = _remembered(installation)
    if known is not None and all(known.get(name) == value for name, value in _facts(place).items()):
        return known.get("create_once") is True
    checks = probe(Bucket(place))
    _remember(installation, place, checks)
    if not has_passed(checks):
        reasons = "; ".join(
            f"{check.name}: {check.detail}" for check in checks if check.needed and not check.passed
        )
        raise CommandError(
            f"nothing was archived: {place.address} does not keep what is locked in it. It fails "
            f"at {safe(reasons)}. `orderproof bucket doctor` shows all that was tried",
            errors.REFUSED,
        )
    return creates_once(checks)


def _facts(place: Place) -> dict[str, Any]:
    """Return what a probe is about; with another of these it is asked again."""
    return {
        "address": place.address,
        "encryption": place.encryption,
        "endpoint": place.endpoint,
        "kms_key": place.kms_key,
    }


def _remember(installation: Installation, place: Place, checks: list[Check]) -> None:
    file = installation.data / REMEMBERED
    if not has_passed(checks):
        file.unlink(missing_ok=True)
        return
    known = {
        **_facts(place),
        "create_once": creates_once(checks),
        "passed_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(file)


def _remembered(installation: Installation) -> dict[str, Any] | None:
    try:
        known = json.loads((installation.data / REMEMBERED).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return known if isinstance(known, dict) else None


def _as_dict(place: Place, checks: list[Check], uploads: list[Upload]) -> dict[str, Any]:
    return {
        "archive": place.address,
        "passed": has_passed(checks),
        "create_once": creates_once(checks),
        "checks": [
            {
                "name": check.name,
                "passed": check.passed,
                "needed": check.needed,
                "detail": check.detail,
            }
            for check in checks
        ],
        "unfinished_uploads": [{"name": each.name, "begun": each.begun} for each in uploads],
    }


def _describe(place: Place, checks: list[Check], uploads: list[Upload]) -> str:
    lines = [place.address]
    for check in checks:
        mark = "yes" if check.passed else "NO " if check.needed else "no "
        lines.append(
            f"  {mark}  {check.name}" + (f": {safe(check.detail)}" if check.detail else "")
        )
    if uploads:
        lines.append(
            f"  {counted(len(uploads), 'upload')} in parts were never finished. They are no "
            "objects, but they cost room; let a rule of the bucket abort them:"
        )
        lines += [f"       {safe(each.name)}, begun {each.begun}" for each in uploads[:20]]
    if has_passed(checks):
        lines.append("An archive may be written there. The canary goes with its lock, in a day.")
    else:
        lines.append("Nothing is archived there: what is locked could be changed or deleted.")
    return "\n".join(lines)
