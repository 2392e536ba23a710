"""Which Host headers the mock itself answers to, against DNS rebinding.

A page on the internet can let its own name point to 127.0.0.1 and then read, as its own origin, whatever a
server there answers. The journal and the client secrets are not for it, so a name that somebody on the internet
could own is refused.
"""

from mock_idp.hosts import cannot_be_registered, is_served
from mock_idp.idp import Idp


def is_trusted(idp: Idp, host: str) -> bool:
    """Say whether a request may have been meant for the mock.

    Parameters:
        idp: the mock.
        host: host name of the Host header, lower case, without port; empty if there is none or it is malformed.
    """
    if not host:
        return False
    return cannot_be_registered(host) or host == idp.settings.host.lower() or is_served(idp.host_patterns, host)
