"""Makes a vendor's colour readable (WCAG 2.2, success criteria 1.4.3 and 1.4.11)."""

import re

LIGHT_PAPER, DARK_PAPER = "#ffffff", "#172033"
"""What cards are made of; text on a main button has the same colour."""

_TEXT = 4.5
_STEP = 0.02
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21.

    Parameters:
        one: ``#rrggbb``.
        other: likewise.
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, paper: str) -> str:
    """The colour, or the nearest darker or lighter one that text on this paper can have.

    Parameters:
        colour: ``#rrggbb``; any other notation is given back as it is.
        paper: ``#rrggbb``.
    """
    if not _HEX.fullmatch(colour):
        return colour
    end = 0.0 if _luminance(paper) > _luminance("#767676") else 255.0
    channels = _channels(colour)
    share = 0.0
    while True:
        mixed = "#" + "".join(f"{round(channel + (end - channel) * share):02x}" for channel in channels)
        if share >= 1 or contrast(mixed, paper) >= _TEXT:
            return mixed
        share = min(1.0, share + _STEP)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
