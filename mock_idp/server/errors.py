"""What can go wrong at the edge because of how it was set up."""


class ServerError(Exception):
    """A mistake a person can make and mend; the message is one sentence with the fix, fit for a terminal."""
