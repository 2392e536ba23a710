"""What is usually configured is missing, and what is usually left alone is configured."""

from mock_idp.profiles.base import Profile

PROFILE = Profile(
    "bare",
    "No session secret, no cross-origin requests, five providers; headers and origins of its own.",
    overlay={
        "auth": {
            "session": None,
            # Frontends read it, backends do not (ENV-11).
            "environment": "production",
            # More than is possible (TOKEN-06).
            "backstageTokenExpiration": {"hours": 48},
            "keyStore": {"provider": "memory"},
            "identityTokenAlgorithm": "EdDSA",
            # One for each rule of ORIGIN-03 to ORIGIN-05.
            "experimentalExtraAllowedOrigins": [
                "*",
                "https://{left,right}.brace.example",
                "https://?.mark.example",
                "https://**.double.example",
                "#https://hash.example",
                "https://slash.example/",
                "http://port.example:*",
                "https://{1..3}.range.example",
                "https://{3..2}.down.example",
                "https://n{-1..1}.minus.example",
                "https://{a,b{c,d},}x.nested.example",
                "https://{lone}.single.example",
                "https://{open.brace.example",
                "https://[ab].class.example",
                "https://[!ab].other.example",
                "https://[^ab].caret.example",
                "https://[open.class.example",
                r"https://a\*b.escaped.example",
                "!!https://twice.negated.example",
                "!!!!https://four.negated.example",
                # None of these allows anything, or anything else.
                "!!~not.negated.example",
                "https://~",
                "{,empty.example}",
                "https://[a^b].mixed.example",
                "https://[a[b].bracket.example",
                r"https://[a\b].backslash.example",
                "https://[.a]x.dot.example",
                "https://.x.hidden.example",
                "https://*.star.example",
                "https://[^].unfinished.example",
                "https://[z-ab].backwards.example",
                "https://[z-a].nothing.example",
                "https://[a-cx-x].range.class.example",
                "https://end.example\\",
                r"https://last.exampl\e",
            ],
            "providers": {
                # No environment at all (CFG-02), and a provider whose module is missing (ROUTE-09).
                "gitlab": {},
                "no-such-module": {"development": {"clientId": "x", "clientSecret": "x"}},
            },
        },
        "backend": {
            "cors": None,
            "csp": {"connect-src": ["'self'", "https:"], "script-src-attr": False},
            "referrer": {"policy": ["same-origin"]},
            "auth": {"dangerouslyDisableDefaultAuthPolicy": True},
        },
    },
    # Google has one address for the keys of everybody, so that its failures need a profile where nobody else asks.
    providers=("oauth2", "oidc", "github", "guest", "gcpIap-keys=gcpIap"),
    spared=("gcpIap",),
)
