"""The one error this package raises on purpose."""


class CannotRunError(Exception):
    """Something is missing, taken or wrong; the message is for the person who wanted to run Backstage."""
