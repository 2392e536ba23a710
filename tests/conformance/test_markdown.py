"""Docstrings become Markdown as they are written in this project."""

from docs.tools.markdown import text_of


class Example:
    """Does a thing, with ``code`` and :class:`Other`.

    A second paragraph
    over two lines.

    Raises:
        ValueError: never.
    """


def test_paragraphs_before_the_first_section():
    assert text_of(Example) == "Does a thing, with `code` and `Other`.\n\nA second paragraph over two lines."


def test_nothing_to_take_apart():
    assert text_of(lambda: None) == ""
