"""The report of a verification: verdict, counts, findings, and what was not checked."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from archive.errors import ArchiveError, NoArchiveError, UsageError
from archive.findings import (
    ALTERED,
    CANNOT_TELL,
    CODES,
    INCOMPLETE,
    INTACT,
    Finding,
    verdict_of,
)

EXIT_CODES = {INTACT: 0, ALTERED: 3, INCOMPLETE: 4, CANNOT_TELL: 5}
USAGE = 2
NOT_FOUND = 6

Progress = Callable[[str, int, int], None]
"""Called with the step's name, what is done, and the total (0 where it is not known)."""

_LISTED = 100


def exit_code_of(error: ArchiveError) -> int:
    """Return the exit code of a command whose verification ended with an error, without a report.

    2 where there is no archive, which is a wrong address, or no sense in what was asked; else 5,
    cannot tell.
    """
    wrong_use = isinstance(error, NoArchiveError | UsageError)
    return USAGE if wrong_use else EXIT_CODES[CANNOT_TELL]


@dataclass
class Step:
    """One step of the verification: its name, what it checked, and how much it found wrong."""

    name: str
    summary: str = ""
    findings: int = 0


@dataclass
class Report:
    """What a verification found.

    Args:
        checked: counts of what was looked at.
        findings: what is wrong; at most 100 of one code are listed, `total` counts all.
        not_checked: what this verification cannot say, in plain words.
        found: False if an order was asked for and nothing here names it.
        subject: what was verified, for people.
        steps: the steps in their order.
        total: number of findings by code.
        severities: verdicts that the findings lead to.
        accused: codes and objects of the findings that are listed.
        progress: told the step and how far it is.
    """

    subject: str = ""
    found: bool = True
    checked: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    total: Counter[str] = field(default_factory=Counter)
    severities: set[str] = field(default_factory=set)
    accused: set[tuple[str, str]] = field(default_factory=set)
    progress: Progress | None = None

    @property
    def verdict(self) -> str:
        """Return `intact`, or the worst of what the findings lead to."""
        return verdict_of(self.severities)

    @property
    def exit_code(self) -> int:
        """Return the exit code of a command.

        An order that is not found in an archive that is not intact gets the archive's code: its
        history may be what is missing.
        """
        if not self.found and self.verdict == INTACT:
            return NOT_FOUND
        return EXIT_CODES[self.verdict]

    def begin(self, name: str) -> Step:
        """Start the next step; findings count for it until another starts."""
        self.steps.append(Step(name))
        self.tell(0, 0)
        return self.steps[-1]

    def tell(self, done: int, total: int) -> None:
        """Report progress of the present step."""
        if self.progress is not None:
            self.progress(self.steps[-1].name, done, total)

    def add(self, findings: Iterable[Finding]) -> bool:
        """Add findings to the present step. Return whether there were any."""
        anything = False
        for each in findings:
            anything = True
            self.total[each.code] += 1
            self.severities.add(each.severity)
            if self.steps:
                self.steps[-1].findings += 1
            if self.total[each.code] <= _LISTED:
                self.findings.append(each)
                self.accused.add((each.code, each.object))
        return anything

    def add_more(self, code: str, number: int) -> None:
        """Count further findings of a code, of which enough are listed."""
        if not number:
            return
        self.total[code] += number
        self.severities.add(CODES[code][0])
        if self.steps:
            self.steps[-1].findings += number

    def count(self, name: str, number: int = 1) -> None:
        """Add to one of the counts of `checked`."""
        self.checked[name] = self.checked.get(name, 0) + number

    def as_dict(self) -> dict[str, object]:
        """Return the report as the JSON of `verify --json`."""
        return {
            "verdict": self.verdict,
            "checked": dict(self.checked),
            "findings": [each.as_dict() for each in self.findings],
            "not_checked": list(self.not_checked),
        }
