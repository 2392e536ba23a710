"""Writes the tables of docs/doctor.md: everything that an examination can find.

python -m docs.tools.doctor_findings [--check]
"""

import re
import sys
from pathlib import Path

from conformance.examination.findings import SENTENCES, Sentence
from docs.tools.generated import write_or_check

DOCUMENT = Path(__file__).parents[1] / "doctor.md"
MARK = "<!-- findings: {} -->"


def with_fresh_tables(text: str) -> str:
    """The page with its tables as the code has them.

    Parameters:
        text: the page.
    """
    for part, is_defect in (("set-up", False), ("backend", True)):
        rows = {name: one for name, one in SENTENCES.items() if (one.requirement is not None) is is_defect}
        begin, end = MARK.format(part), MARK.format(f"end of {part}")
        before, _, rest = text.partition(begin)
        after = rest.partition(end)[2]
        text = f"{before}{begin}\n{_table(rows, is_defect=is_defect)}\n{end}{after}"
    return text


def _table(rows: dict[str, Sentence], *, is_defect: bool) -> str:
    head = ["requirement", "what it says"] if is_defect else ["what it says", "what to do"]
    lines = [f"| {' | '.join(head)} |", "| --- | --- |"]
    for one in rows.values():
        cells = (one.requirement or "", _shown(one.says)) if is_defect else (_shown(one.says), _shown(one.remedy))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _shown(text: str) -> str:
    """A sentence with *values* in the place of braces."""
    named = re.sub(r"'\{(\w+)\}'|\{(\w+)(?:![rs])?\}", lambda found: f"*{found[1] or found[2]}*", text)
    return named.replace("_", " ").replace("|", "\\|")


if __name__ == "__main__":
    fresh = with_fresh_tables(DOCUMENT.read_text(encoding="utf-8"))
    sys.exit(write_or_check({DOCUMENT: fresh}, sys.argv[1:], "python -m docs.tools.doctor_findings"))
