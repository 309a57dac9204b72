"""Hands of an attacker who knows the format well and has no key of the log."""

import hashlib
import json

from archive.verify import verify_archive
from tests.archive.archive_builder import canonical, gunzip, gz, sha


def check(files, folder, **options):
    """Write the files into a new folder below `folder`, and verify it."""
    root = folder / f"archive-{len(list(folder.iterdir()))}"
    for name, data in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return verify_archive(root, **options)


def codes(report):
    """Return the codes of a report's findings."""
    return {each.code for each in report.findings}


def about(report, code):
    """Return the findings with this code."""
    return [each for each in report.findings if each.code == code]


def only(files, part, suffix=""):
    """Return the one name that holds `part` and ends so."""
    (name,) = [n for n in files if part in n and n.endswith(suffix)]
    return name


def take_apart(data):
    """Return header, lines and proof of a history's file."""
    head, _, proof = gunzip(data).partition(b"\n\n")
    header, *lines = head.split(b"\n")
    return json.loads(header), lines, proof


def put_together(header, lines, proof):
    """Return the file of a history."""
    return gz(b"\n".join([canonical(header), *lines]) + b"\n\n" + proof)


def rechain(lines, stream, *, first_version=1, prev=None):
    """Number and chain lines anew, as if they had been recorded so."""
    prev = prev or sha(stream.encode()).hex()
    result = []
    for version, line in enumerate(lines, first_version):
        envelope = json.loads(line)
        envelope.update(stream=stream, version=version, prev=prev)
        result.append(json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode())
        prev = sha(result[-1]).hex()
    return result


def reseal(lines, **changes):
    """Change what the seal at the end of the lines says."""
    envelope = json.loads(lines[-1])
    envelope["event"]["data"].update(changes)
    return [
        *lines[:-1],
        json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode(),
    ]


def repair_manifests(files):
    """Let every manifest name what is in the folder now, and drop what is gone."""
    for name in [n for n in files if n.startswith("manifests/")]:
        manifest = json.loads(files[name])
        manifest["files"] = {
            path: {"sha256": hashlib.sha256(files[path]).hexdigest(), "size": len(files[path])}
            for path in manifest["files"]
            if path in files
        }
        files[name] = canonical(manifest) + b"\n"


def rename_in_manifests(files, old, new):
    """Move a file and let the manifests name the new place."""
    files[new] = files.pop(old)
    for name in [n for n in files if n.startswith("manifests/")]:
        files[name] = files[name].replace(json.dumps(old).encode(), json.dumps(new).encode())
