"""An OpenID provider made of canned answers, with keys of its own."""

import base64
import functools
import hashlib
import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISSUER = "https://op.test/tenant"
CLIENT_ID = "o/id"
CLIENT_SECRET = "o+secret: ü"
BASIC = "Basic " + base64.b64encode(b"o%2Fid:o%2Bsecret%3A+%C3%BC").decode()
NOW = 1_700_000_000
"""Where the backend's clock stands."""
INVALID = "failed to validate JWT signature"
ENDPOINTS = {
    "authorization_endpoint": f"{ISSUER}/authorize?own=1",
    "token_endpoint": f"{ISSUER}/token",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "jwks_uri": f"{ISSUER}/jwks",
    "revocation_endpoint": f"{ISSUER}/revoke",
}


@functools.cache
def rsa_key(name):
    """A key, the same one for the same name."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def ec_key(name):
    del name
    return ec.generate_private_key(ec.SECP256R1())


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(claims, key, alg="RS256", **header):
    """A compact JWS, whatever makes sense or not."""
    header = {"alg": alg, "typ": "JWT", **header}
    header = {name: value for name, value in header.items() if value is not None}
    signed = ".".join(b64url(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{b64url(jwt.get_algorithm_by_name(alg).sign(signed.encode(), key))}"


def jwk(key, alg="RS256", **members):
    """The public half, as a key set has it."""
    exported = jwt.get_algorithm_by_name(alg).to_jwk(key.public_key())
    return {**json.loads(exported), "use": "sig", **members}


def at_hash(access_token, make=hashlib.sha256):
    digest = make(access_token.encode()).digest()
    return b64url(digest[: len(digest) // 2])


class Vendor:
    """The provider. Tests change its attributes; what was asked is in ``asked``.

    Parameters:
        mock: what intercepts requests.
        now: seconds since the epoch, as the backend's clock has them.
    """

    def __init__(self, mock, now):
        self.metadata = {"issuer": ISSUER, **ENDPOINTS}
        self.keys = [jwk(rsa_key("one"), kid="one", alg="RS256")]
        self.header = {"kid": "one"}
        self.key, self.alg = rsa_key("one"), "RS256"
        self.claims = {"iss": ISSUER, "sub": "u-1", "aud": CLIENT_ID, "exp": now + 300, "iat": now}
        self.tokens = {"access_token": "at-1", "token_type": "Bearer", "expires_in": 300, "refresh_token": "rt-1"}
        self.user = {
            "sub": "u-1",
            "name": "Ada",
            "email": "ada@x.test",
            "email_verified": True,
            "picture": "https://a.test/p",
        }
        self.answers = {}
        self.asked = []
        for name, method in [
            ("metadata", "GET"),
            ("jwks", "GET"),
            ("userinfo", "GET"),
            ("token", "POST"),
            ("revoke", "POST"),
        ]:
            path = "/.well-known/openid-configuration" if name == "metadata" else f"/{name}"
            mock.add_callback(method, ISSUER + path, functools.partial(self.answer, name))

    def answer(self, name, request):
        """A fixed answer, if the test wants one, else what a sound provider says."""
        self.asked.append((name, request))
        fixed = self.answers.get(name)
        if isinstance(fixed, Exception):
            raise fixed
        if fixed is not None:
            status, headers, body = fixed
            return status, headers, body if isinstance(body, str) else json.dumps(body)
        if name == "token":
            return 200, {}, json.dumps(self.token_answer())
        known = {"metadata": self.metadata, "jwks": {"keys": self.keys}, "userinfo": self.user, "revoke": {}}
        return 200, {}, json.dumps(known[name])

    def token_answer(self):
        """Tokens with an ID token; a member that is None is left out."""
        members = {"id_token": self.id_token(), **self.tokens}
        return {name: value for name, value in members.items() if value is not None}

    def id_token(self):
        claims = {name: value for name, value in self.claims.items() if value is not None}
        return sign(claims, self.key, self.alg, **self.header)

    def requests(self, name):
        """What was asked of one endpoint."""
        return [request for asked, request in self.asked if asked == name]

    def form(self, name, index=-1):
        """Fields of one request."""
        return dict(parse_qsl(self.requests(name)[index].body, keep_blank_values=True))

    def count(self, name):
        return len(self.requests(name))


class Flow:
    """A browser at the provider ``oidc``.

    Parameters:
        browser: the test client.
        vendor: the provider behind it.
    """

    def __init__(self, browser, vendor):
        self.browser = browser
        self.vendor = vendor
        self.cookies = {}

    def start(self, query=""):
        """Start a sign-in; the ID token will carry its nonce. Returns the parameters of the authorization URL."""
        answer = self.browser.get(f"/oidc/start?env=development{query}", Cookie=self.cookie())
        assert answer.status_code == 302, answer.text
        for text in self.browser.set_cookies(answer):
            name, _, value = text.partition(";")[0].partition("=")
            self.cookies[name] = value
        url = urlsplit(answer.headers["Location"])
        parameters = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        self.state = parameters["state"]
        self.vendor.claims.setdefault("nonce", parameters.get("nonce"))
        return parameters

    def cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def finish(self, query="&code=c-1", **cookies):
        """Come back from the provider."""
        self.cookies.update(cookies)
        return self.browser.get(f"/oidc/handler/frame?state={self.state}{query}", Cookie=self.cookie())

    def sign_in(self):
        self.start()
        return self.finish()

    def error(self, query="&code=c-1"):
        """Text of the error that the callback page reports."""
        name, message = self.browser.page_error(self.finish(query))
        assert name == "Error"
        return message

    def refused(self):
        """Sign in and return the text of the error."""
        self.start()
        return self.error()

    def refresh(self, query="", token="rt-0"):
        return self.browser.refresh(query, provider="oidc", Cookie=f"oidc-refresh-token={token}")
