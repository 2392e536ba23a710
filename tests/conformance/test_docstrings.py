"""Docstrings are taken apart as they are written in this house."""

from conformance.docstrings import read


class Example:
    """Does a thing, with ``code`` and :class:`Other`.

    A second paragraph
    over two lines.

    Attributes:
        one: a description
            over two lines.
        two_words: another: with a colon.

    Raises:
        ValueError: never.
    """


def test_parts():
    documentation = read(Example)
    assert documentation.summary == "Does a thing, with `code` and `Other`."
    assert documentation.text.endswith("\n\nA second paragraph over two lines.")
    assert documentation.attributes == {
        "one": "a description over two lines.",
        "two_words": "another: with a colon.",
    }


def test_nothing_to_take_apart():
    assert read(object()).attributes == {}
    assert read(lambda: None).text == ""
