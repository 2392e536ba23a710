"""Behaviour of the large family of vendors that speak plain OAuth 2.0 (providers-oauth.md §2).

A vendor gives its URLs and maps its profile. What happens when it misbehaves, with the outcome codes of
§2.5, is decided here, for all of them alike.
"""

import base64
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests

from reference_backend import errors
from reference_backend.errors import AuthError
from reference_backend.formats import encoding
from reference_backend.identity import entity_ref
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByRef, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth import oauth_errors
from reference_backend.oauth.oauth_errors import ProfileError
from reference_backend.oauth.provider import (
    AuthenticationResult,
    CallbackRequest,
    OAuthProvider,
    OAuthSession,
    ProviderSettings,
    RefreshRequest,
    StartRequest,
)
from reference_backend.providers import profiles
from reference_backend.providers.profiles import VendorProfile

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a grant type


class ClientAuthentication(StrEnum):
    """Where the client's id and secret travel in a token request (UP-03, UP-04)."""

    BODY = "client_secret_post"
    BASIC = "client_secret_basic"
    BODY_AND_BASIC = "body and header"


class TokenEndpointError(Exception):
    """The token endpoint answered with an error status; carries the body."""


class OAuth2Provider(OAuthProvider):
    """An OAuth 2.0 vendor with a profile endpoint.

    Class attributes:
        authorization_params: further parameters of the authorization URL.
        profile_label: what an error says that could not be done with the profile (P9).

    Instance attributes, set by the vendor's constructor:
        authorization_url, token_url, profile_url: endpoints.
    """

    authorization_params: ClassVar[Mapping[str, str]] = {}
    profile_label: ClassVar[str] = oauth_errors.NO_PROFILE

    authorization_url: str
    token_url: str
    profile_url: str

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the client id and secret that every vendor needs (CFG, §41.2)."""
        super().__init__(settings)
        self.client_id: str = settings.config.string("clientId")
        self.client_secret: str = settings.config.string("clientSecret")

    def start(self, request: StartRequest) -> str:
        """Build the authorization URL (UP-01, UP-02, START-11)."""
        url, own_query = split_query(self.authorization_url)
        further = {**own_query, **self.authorization_parameters(request)}
        scope = request.scope or further.pop("scope", "")
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.settings.callback_url,
            **({"scope": scope} if scope else {}),
            "state": request.state,
        }
        # What protects the flow cannot be replaced by what the address or the vendor adds.
        query = urlencode(parameters | {name: value for name, value in further.items() if name not in parameters})
        return urlunsplit(urlsplit(url)._replace(query=query))

    def authorization_parameters(self, request: StartRequest) -> Mapping[str, str]:
        """Further parameters of the authorization URL: by default the same ones every time."""
        del request
        return self.authorization_params

    def client_authentication(self, grant_type: str) -> ClientAuthentication:
        """Where credentials travel in a token request of this grant type; most vendors take the body (§2.4)."""
        del grant_type
        return ClientAuthentication.BODY

    def authenticate(self, request: CallbackRequest) -> AuthenticationResult:
        """Exchange the code and read the profile (FRAME-09 … FRAME-11)."""
        return self.signed_in(self.exchange_code(require_code(request)))

    def signed_in(self, session: OAuthSession) -> AuthenticationResult:
        """Read the profile of the user of the tokens of a callback."""
        try:
            vendor_profile = self.fetch_profile(session.access_token)
        except ProfileError as error:
            raise oauth_errors.failed(error.message + error.suffix) from error
        return self.result(vendor_profile, session)

    def refresh(self, request: RefreshRequest) -> AuthenticationResult:
        """Renew the tokens and read the profile again (UP-11, UP-14)."""
        session = self.exchange_refresh_token(request.refresh_token, request.scope)
        if session.refresh_token:
            request.keep_rotated(session.refresh_token)
        return self.result(self.fetch_profile(session.access_token), session)

    def result(self, vendor_profile: VendorProfile, session: OAuthSession) -> AuthenticationResult:
        """Put tokens and profile together."""
        profile = profiles.transform(vendor_profile, session.id_token)
        return AuthenticationResult(session, profile, vendor_profile.details)

    def exchange_code(self, code: str) -> OAuthSession:
        """The token request of a callback (UP-03); P3 … P7 if it fails."""
        try:
            answer = self._token_request(AUTHORIZATION_CODE, redirect_uri=self.settings.callback_url, code=code)
        except TokenEndpointError as error:
            raise oauth_errors.token_refused(str(error)) from error
        except requests.RequestException as error:
            raise oauth_errors.no_token() from error
        if not answer.get("access_token"):
            raise oauth_errors.no_token()
        return session_from(answer)

    def exchange_refresh_token(self, refresh_token: str, scope: str) -> OAuthSession:
        """The token request of a refresh (UP-11); R1 … R3 if it fails."""
        try:
            answer = self._token_request(REFRESH_TOKEN, refresh_token=refresh_token, scope=scope)
        except TokenEndpointError as error:
            raise oauth_errors.refresh_refused() from error
        except requests.RequestException as error:
            raise oauth_errors.refresh_failed(transport_text(error)) from error
        if not answer.get("access_token"):
            raise oauth_errors.refresh_without_token()
        return session_from(answer)

    def _token_request(self, grant_type: str, **parameters: str) -> dict[str, Any]:
        """Ask the token endpoint and return its answer, whatever is in it.

        Raises:
            TokenEndpointError: an error status; the text is the body.
            requests.RequestException: the transport failed.
        """
        form = {"grant_type": grant_type, **parameters}
        # The vendors choose the format of the answer by this header, and are not asked (§2.4).
        headers: dict[str, str | None] = {"Accept": None}
        method = self.client_authentication(grant_type)
        if method is not ClientAuthentication.BASIC:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        if method is not ClientAuthentication.BODY:
            headers["Authorization"] = basic(self.client_id, self.client_secret)
        return read_token_answer(self.context.http.request("POST", self.token_url, form=form, headers=headers))

    def fetch_profile(self, access_token: str) -> VendorProfile:
        """Read the profile.

        Raises:
            ProfileError: P7, P9, P10.
        """
        try:
            response = self.request_profile(access_token)
        except requests.RequestException as error:
            raise oauth_errors.profile_unreachable(self.profile_label) from error
        if not oauth_errors.is_accepted_status(response.status_code):
            raise self.profile_refused(response.status_code, response.text)
        return self.read_profile(response.content.decode("utf-8", "replace"))

    def read_profile(self, body: str) -> VendorProfile:
        """Take the answer of the profile endpoint apart.

        Raises:
            ProfileError: P10.
        """
        try:
            found = encoding.parse_json(body)
        except ValueError as error:
            raise oauth_errors.profile_unreadable() from error
        if not isinstance(found, dict):
            raise oauth_errors.profile_unreadable()
        return self.map_profile(found)

    def request_profile(self, access_token: str) -> requests.Response:
        """Call the profile endpoint; most vendors take a bearer token."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.context.http.request("GET", self.profile_url, headers=headers)

    def profile_refused(self, status: int, body: str) -> ProfileError:
        """The error for a profile endpoint that said no (P9)."""
        return oauth_errors.profile_refused(status, body, self.profile_label)

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Translate the vendor's JSON."""
        raise NotImplementedError


def require_code(request: CallbackRequest) -> str:
    """The code that the vendor sent the browser back with (FRAME-09, FRAME-10, FRAME-20).

    Raises:
        AuthError: it sent an error, or nothing.
    """
    if request.query.get("error"):
        raise oauth_errors.callback_error(request.query)
    code = request.query.get("code") or request.form.get("code")
    if not code:
        raise oauth_errors.unexpected_redirect()
    return code


def basic(client_id: str, client_secret: str) -> str:
    """``Authorization`` header as this family sends it: both parts as they are, not form-encoded (UP-04)."""
    return f"Basic {base64.b64encode(f'{client_id}:{client_secret}'.encode('latin-1')).decode('ascii')}"


def split_query(url: str) -> tuple[str, dict[str, str]]:
    """A URL without its query, and the query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="")), dict(encoding.parse_form(parts.query))


def read_token_answer(response: requests.Response) -> dict[str, Any]:
    """The members of a token answer (§2.4).

    Raises:
        TokenEndpointError: an error status.
    """
    body = response.content.decode("utf-8", "replace")
    if not oauth_errors.is_accepted_status(response.status_code):
        raise TokenEndpointError(body)
    return oauth_errors.parse_token_answer(body)


def session_from(answer: Mapping[str, Any]) -> OAuthSession:
    """Tokens of an answer (UP-06).

    Raises:
        AuthError: the scope is no text, which nothing could be read from (SEC-ROB-13).
    """
    scope = answer.get("scope")
    if not isinstance(scope, str | None):
        raise errors.invalid_thrown_value()
    return OAuthSession(
        access_token=answer["access_token"],
        scope=scope,
        expires_in=answer.get("expires_in"),
        id_token=answer.get("id_token"),
        refresh_token=answer.get("refresh_token"),
        token_type=answer.get("token_type") or "bearer",
    )


def transport_text(error: requests.RequestException) -> str:
    """Why a vendor could not be reached, without URLs and internal addresses."""
    if isinstance(error, requests.Timeout):
        return "the request timed out"
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS handshake failed"
    return "the connection failed"


def optional_text(value: Any) -> str | None:
    """A text of a vendor's JSON; null stays absent."""
    return None if value is None else str(value)


def require(value: str | None, message: str) -> str:
    """A value that a resolver cannot do without.

    Raises:
        AuthError: with the vendor's text (§21.3).
    """
    if not value:
        raise AuthError(message)
    return value


def by_username(title: str) -> ResolverFactory:
    """``usernameMatchingUserEntityName``: the user of the profile's name (RES-41, RES-43, RES-48).

    Parameters:
        title: the vendor's name in the message if there is no username.
    """

    def resolve(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
        username = require(info.details.get("username"), f"{title} user profile does not contain a username")
        return context.sign_in(ByRef(entity_ref.user(username)), sign_in.fallback(options, username))

    return ResolverFactory(Options, resolve)
