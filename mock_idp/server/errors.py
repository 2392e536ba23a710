"""What can go wrong with the listeners, and with commands that start or ask a mock, because of how it was set up."""


class ServerError(Exception):
    """A mistake a person can make and mend; the message is one sentence with the fix, fit for a terminal."""
