"""The tutorial, as a new user follows it: every command, and the auditor's log-in in between."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "tutorial.md").read_text()
LOG_IN = """
curl --silent --output log-in.txt --write-out '%{http_code}\\n' --cookie-jar cookies.txt \\
     --data-urlencode "token=$TOKEN" http://127.0.0.1:8080/login
"""


def test_a_new_user_gets_from_nothing_to_a_verified_export(tmp_path, tool):
    for program in ("openssl", "curl"):
        tool(program)
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 8
    [first] = [n for n, block in enumerate(blocks) if "get() {" in block]
    blocks.insert(first, LOG_IN)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    script = "\n".join(blocks).replace("8080", str(port))
    kept = {name: v for name, v in os.environ.items() if not name.startswith("ORDERPROOF_")}

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, timeout=300, check=False,
        capture_output=True, text=True,
        env={**kept, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT),
             "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}"},
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout
    assert "\n303\n" in told  # logged in
    assert told.count("\nINTACT\n") == 2
    assert "The export is what its signed manifest says." in told
    assert '"role":"auditor"' in told
    assert "Testa Muster" not in told.partition("\n303\n")[2]
