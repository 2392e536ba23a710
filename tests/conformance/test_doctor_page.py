"""docs/doctor.md has every sentence of the doctor."""

from docs.tools.doctor_findings import DOCUMENT, with_fresh_tables


def test_the_page_is_fresh() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert with_fresh_tables(text) == text, "run python -m docs.tools.doctor_findings"
