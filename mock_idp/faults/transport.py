"""Faults of the connection itself, and the places where a backend can meet any fault; part of the catalogue."""

from mock_idp.faults import effects
from mock_idp.faults.model import Fault, Parameter

TOKEN, REFRESH, EXCHANGE = "token", "refresh", "exchange"
PROFILE, FOLLOW_UP = "profile", "follow-up"
TOKENS = (TOKEN, REFRESH, EXCHANGE)
PROFILES = (PROFILE, FOLLOW_UP)
CLIENT_METADATA = "client-metadata"
MACHINES = (*TOKENS, *PROFILES, "revocation", "discovery", "jwks", "logout", CLIENT_METADATA, "other")
"""Endpoints that talk to the backend rather than to the browser."""

FAILS = "It reports a failed sign-in or refresh in its own words, quickly, and stays up."


def seconds(default: float) -> Parameter:
    """The parameter of faults that take time."""
    return Parameter("seconds", "seconds", default, "How long, in seconds.")


TRANSPORT_FAULTS = (
    Fault(
        "reset",
        "The connection is reset",
        MACHINES,
        "RFC 9293 section 3.5.2",
        FAILS,
        change=effects.over_transport("reset"),
        replaces_handler=True,
    ),
    Fault(
        "stall",
        "No answer ever comes",
        MACHINES,
        "RFC 9110 section 9.5",
        "It gives up after a while.",
        (seconds(60),),
        change=effects.over_transport("stall"),
        replaces_handler=True,
    ),
    Fault(
        "truncate",
        "The connection ends in the middle of the body",
        MACHINES,
        "RFC 9112 section 8",
        FAILS,
        change=effects.over_transport("truncate"),
    ),
    Fault(
        "slow",
        "The answer comes late",
        MACHINES,
        "none",
        "It waits.",
        (seconds(3),),
        change=effects.over_transport("slow"),
    ),
    Fault(
        "hold",
        "The answer waits until others wait as well, then all of them come at once",
        MACHINES,
        "none",
        "It answers concurrent requests with the data of their own user.",
        (
            Parameter("until", "integer", 2, "How many let each other go."),
            Parameter("name", "text", "", "Under which name, together with the place, they wait for each other."),
            seconds(3),
        ),
        change=effects.held_back,
    ),
    Fault(
        "drip",
        "The body is sent slowly, in small pieces",
        MACHINES,
        "none",
        "It waits.",
        (seconds(3),),
        change=effects.over_transport("drip"),
    ),
    Fault(
        "endless-body",
        "The body does not end",
        MACHINES,
        "RFC 9112 section 6.3",
        "It stops reading after a while, and fails.",
        (seconds(3),),
        change=effects.over_transport("endless"),
    ),
)
