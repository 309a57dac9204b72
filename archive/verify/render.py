"""A report as plain text: a line a step, what is wrong, what was not checked, the verdict."""

from archive.findings import ALTERED, CANNOT_TELL, INCOMPLETE, INTACT, Finding, printable
from archive.next_steps import NEXT
from archive.verify.report import Report

_WIDTH = 18
_NEXT = {
    INTACT: "Next: compare the fingerprint above with one that you got another way, and keep "
    "log/checkpoint of today for the next time (--checkpoint).",
    ALTERED: "Next: keep this copy as it is, get another copy (a backup, the bucket, an "
    "auditor's), and verify that one.",
    INCOMPLETE: "Next: get the missing files from another copy and verify again; what is here "
    "and was not named above is as it was recorded.",
    CANNOT_TELL: "Next: give the keyring (--keyring FILE), or make the files readable, and "
    "verify again. Nothing was found wrong so far, and nothing was proved.",
}


def render(report: Report) -> str:
    """Return the report as text for a terminal, without a final newline."""
    lines = [printable(report.subject)]
    lines += [
        f"  {step.name:<{_WIDTH}}{_status(step.findings):<12}{printable(step.summary)}".rstrip()
        for step in report.steps
    ]
    for each in report.findings:
        lines += ["", *_finding(each)]
    for code, count in sorted(report.total.items()):
        listed = sum(1 for each in report.findings if each.code == code)
        if count > listed:
            lines += ["", f"{code}: {count - listed} more, {count} in all"]
    lines += ["", "Not checked:"]
    lines += [f"  - {printable(text)}" for text in report.not_checked]
    lines.append("")
    if not report.found:
        lines.append("NOT FOUND: nothing in this archive names the order.")
        if report.verdict == INTACT:
            return "\n".join([*lines, "Next: check the order's number, or ask with shop/number."])
    lines.append(report.verdict.upper().replace("_", " "))
    if report.verdict == INTACT and not any("fingerprint" in t for t in report.not_checked):
        return "\n".join([*lines, "Next: keep log/checkpoint of today for the next time."])
    return "\n".join([*lines, _NEXT[report.verdict]])


def _status(findings: int) -> str:
    if not findings:
        return "ok"
    return f"{findings} finding" + ("s" if findings > 1 else "")


def _finding(each: Finding) -> list[str]:
    lines = [f"{each.code}  {each.object}", f"  {each.detail}"]
    if each.expected:
        lines.append(f"  expected: {each.expected}")
    if each.found:
        lines.append(f"  found:    {each.found}")
    return [*lines, f"  {each.meaning}", f"  Next: {NEXT[each.code]}"]
