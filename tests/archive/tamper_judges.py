"""Three verifiers over one tampered archive: the package, the single file, the viewer's page."""

import base64
import json
import selectors
import subprocess
import sys
from pathlib import Path

from archive.errors import FormatError
from archive.verify import verify_archive, verify_history
from tests.archive.archive_builder import gz, read_pack
from tests.archive.viewer_scene import MODULES

PATIENCE = 60  # seconds for one answer; each needs less than one
BAD = ("altered", "incomplete")

# Keeps one Python with the single file's own modules loaded, and answers one line for each line.
_AUDITOR = """
import contextlib, io, json, sys, traceback
program = sys.argv[1]
code = compile(open(program, encoding="utf-8").read(), program, "exec")
for line in sys.stdin:
    sys.argv = [program, *json.loads(line)]
    out, err, exit = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            exec(code, {"__name__": "__main__", "__file__": program})
        except SystemExit as ended:
            exit = ended.code
        except BaseException:
            traceback.print_exc()
            exit = "crashed"
    answer = {"exit": exit, "out": out.getvalue(), "err": err.getvalue()}
    print(json.dumps(answer), file=sys.__stdout__, flush=True)
"""


class Auditor:
    """Somebody who kept the single-file verifier of the untouched archive."""

    def __init__(self, program: bytes, folder: Path):
        file = folder / "orderproof-verify.py"
        file.write_bytes(program)
        command = [sys.executable, "-I", "-c", _AUDITOR, str(file)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._process.stdout, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def verify(self, *arguments):
        """Return the report as JSON; anything else than a report fails the test."""
        line = json.dumps([*map(str, arguments), "--json", "--jobs", "1"])
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        if not self._ready.select(PATIENCE):
            self._process.kill()
            raise AssertionError(f"no answer within {PATIENCE} s: {arguments}")
        answer = json.loads(self._process.stdout.readline())
        assert answer["exit"] in (0, 3, 4, 5, 6), answer
        assert answer["err"] == "", answer
        return json.loads(answer["out"])


def write(files, folder):
    """Write files into a new folder below `folder`."""
    root = folder / f"archive-{len(list(folder.iterdir()))}"
    for name, data in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return root


def judge(auditor, root, **options):
    """Return what the package says of an archive, and see that the single file says the same."""
    report = verify_archive(root, **options)
    arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
    assert auditor.verify(root, *arguments) == report.as_dict()
    return report


def judge_history(auditor, file, keyring):
    """Return the verdict on a lone file; package and single file agree."""
    report = verify_history(file, keyring=keyring)
    assert auditor.verify(file, "--keyring", keyring) == report.as_dict()
    return report.verdict


def lone_histories(files):
    """Yield each order's history as a file that stands alone, out of packs too; name and bytes."""
    for name, data in sorted(files.items()):
        if name.startswith("orders/"):
            yield name, data
        elif name.startswith("packs/"):
            try:
                _, rows, texts = read_pack(data)
            except (AssertionError, ValueError, FormatError, IndexError):
                continue  # nothing can be taken out of it
            for (stream, revision, *_), text in zip(rows, texts, strict=True):
                yield f"{name}/{stream.rpartition('/')[2]}_20260501_r{revision}.jsonl.gz", gz(text)


def visits(program, asked):
    """Look up orders as the page does under Node; `asked` are pairs of folder and stream.

    Returns for each a verdict, or `refused`: the page says why it cannot show the order.
    """
    script = Path(__file__).parent / "viewer_visits.mjs"
    command = [program, "--no-warnings", str(script), str(MODULES)]
    given = json.dumps([[str(root), stream] for root, stream in asked]).encode()
    done = subprocess.run(command, input=given, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


def encoded(data):
    return base64.b64encode(data).decode()
