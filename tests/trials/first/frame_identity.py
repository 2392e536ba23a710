"""Defects of who somebody is: profiles, resolvers, catalog, Backstage tokens, their keys, and what verifies them."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import unicodedata
from dataclasses import replace as changed
from typing import Any

import jwt
import requests

from reference_backend.formats import compact_jws
from reference_backend.http import bearer
from reference_backend.http.request import request
from reference_backend.identity import (
    catalog,
    entity_ref,
    keys,
    resolver_context,
    resolvers,
    token_verifier,
    user_token,
)  # fmt: skip
from reference_backend.identity.resolver_context import ResolverContext
from reference_backend.providers import github
from tests.trials.first import frame_bites as b
from tests.trials.seed import always, replace, seed, wrap

# --- proofs -----------------------------------------------------------------------------------------

PEOPLE = ("plain", "other-namespace", "mixed-case", "duplicate-email", "many-groups", "not-in-catalog", "foreign-domain",
          "exact-plus-address", "shared-plus-address", "plus-address", "no-email")  # fmt: skip


def people(bench: Any) -> Any:
    """Who signs in as whom, and what they own."""
    seen = []
    for persona in PEOPLE:
        response = b.Flow(bench, env="development").finish(persona)
        body = b.told(bench, response)[-1]
        seen.append([persona, b.who(bench, response), body.get("owns"), body.get("profile")])
    return seen


def domains(bench: Any) -> Any:
    """Addresses that are almost the company's, at resolvers that want one of the company's."""
    addresses = ("ada-quill@lumenfold.example", "ada-quill@evil-lumenfold.example", "ada-quill@evil.test@lumenfold.example",
                 "ada-quill@lumenfold.example.evil.test", "ada-quill@LUMENFOLD.example", " ada-quill@lumenfold.example",
                 "ada-quill @lumenfold.example", "quentin-loc\u212a@lumenfold.example",
                 "\uff41da-quill@lumenfold.example", "group:default/harbour@lumenfold.example",
                 "dunes/ivo-dune@lumenfold.example", "otto-plus+a+b@lumenfold.example")  # fmt: skip
    seen = []
    for address in addresses:
        order = {"fault": "set", "at": "profile", "members": {"email": address}}
        for env in ("local-part", "email"):
            seen.append([address, env, b.who(bench, b.Flow(bench, env=env).finish(faults=[order]))])
    return seen


def names(bench: Any) -> Any:
    """GitHub names and ids that are almost somebody's."""
    seen = []
    for members in ({"login": "dunes/ivo-dune"}, {"login": "group:default/harbour"}, {"name": "petra-reed"}, {}):
        order = {"fault": "set", "at": "profile", "members": members}
        flow = b.Flow(bench, env="resolver-username-matching-user-entity-name")
        seen.append([members, b.who(bench, flow.finish(faults=[order] if members else None))])
    env = "resolver-user-id-matching-user-entity-annotation"
    return [*seen, *(b.who(bench, b.Flow(bench, env=env).finish(one)) for one in ("plain", "other-case"))]


def instances(bench: Any) -> Any:
    """A GitLab user whose profile says that it is of another instance."""
    order = {"fault": "set", "at": "profile", "members": {"web_url": "https://gitlab.evil.example/ada-quill"}}
    flow = b.Flow(bench, "gitlab", "resolver-user-id-matching-user-entity-annotation")
    good = b.Flow(bench, "gitlab", "resolver-user-id-matching-user-entity-annotation")
    return b.who(bench, good.finish()), b.who(bench, flow.finish(faults=[order]))


def unverified(bench: Any) -> Any:
    """Addresses that an ID token calls unverified, as a boolean and as text."""
    seen = []
    for flag in (False, "false", "FALSE", True):
        order = {"fault": "set", "at": "id_token", "members": {"email_verified": flag}}
        flow = b.Flow(bench, "oauth2", "email", scope="openid email profile")
        seen.append([flag, b.who(bench, flow.finish(faults=[order]))])
    return seen


def outside(bench: Any) -> Any:
    """Environments that let strangers in: a stranger, somebody who is there twice, somebody who is there."""
    return [
        b.who(bench, b.Flow(bench, env=env).finish(one))
        for env in ("outside-catalog", "partners", "email-domains")
        for one in ("not-in-catalog", "duplicate-email", "plain", "foreign-domain")
    ]


def sessions(bench: Any) -> Any:
    """Tokens and identities of a sign-in, of refreshes, and of another person after that."""
    flow = b.Flow(bench)
    first = b.session_of(flow.finish())
    second = b.session_of(flow.refresh())
    other = b.session_of(b.Flow(bench).finish("many-groups"))
    tokens = [one.get("backstageIdentity", {}).get("token", "..") for one in (first, second, other)]
    claims = [b.parts(one)[1] if len(one) > 2 else {} for one in tokens]
    now = time.time()
    identity = first["backstageIdentity"]
    return b.clean(bench, [
        [b.summary(one)["who"] for one in (first, second, other)],
        [b.summary(one)["profile"] for one in (first, second, other)],
        [one.get("sub") for one in claims],
        tokens[0] == tokens[1],
        sorted(first["providerInfo"]), sorted(claims[0]), claims[0].get("aud"), claims[0].get("iss"),
        claims[0]["exp"] - claims[0]["iat"],
        abs(identity.get("expiresInSeconds", 0) - (claims[0]["exp"] - now)) < 5, identity["identity"],
    ])  # fmt: skip


def keys_and_tokens(bench: Any) -> Any:
    """A token, its key and what follows from it: the user info, the limited token, and its user info."""
    token = b.user_token(bench)
    published = b.get(bench, "/.well-known/jwks.json").json()["keys"]
    header, claims = b.parts(token)
    named = [one for one in published if one["kid"] == header["kid"]]
    try:
        jwt.decode(token, jwt.PyJWK(named[0], "ES256"), algorithms=["ES256"], audience="backstage")
        good = "verified"
    except Exception as error:
        good = type(error).__name__
    limited = (
        f"{b.encoded({**header, 'typ': 'vnd.backstage.limited-user'}, {n: claims[n] for n in ('sub', 'iat', 'exp')})}"
    )
    cookie = b.get(bench, "/.backstage/auth/v1/cookie", headers={"Authorization": f"Bearer {token}"})
    line = (b.set_cookies(cookie) or ["=;"])[0]
    value = line.partition("=")[2].partition(";")[0]
    kind = b.parts(value)[0].get("typ") if value.count(".") == 2 else None
    return [
        sorted(header), len(named), sorted({name for one in published for name in one}), good,
        len(token.split(".")[2]), b.userinfo(bench, token), b.userinfo(bench, f"{limited}.{claims.get('uip')}"),
        kind, b.attributes(cookie),
    ]  # fmt: skip


def two_users(bench: Any) -> Any:
    """User info of somebody after another person has signed in."""
    token = b.user_token(bench)
    b.user_token(bench, "many-groups")
    return b.userinfo(bench, token)


def forged(bench: Any) -> Any:
    """Tokens that nobody issued: who they are taken for."""
    token = b.user_token(bench)
    header, claims = b.parts(token)
    other = {**claims, "sub": "user:default/petra-reed"}
    jwk = next(one for one in b.get(bench, "/.well-known/jwks.json").json()["keys"] if one["kid"] == header["kid"])
    mine = keys.generate("ES256")
    own = keys.public_jwk(mine.private_key.public_key(), "mine", "ES256")
    b.user_token(bench, "many-groups")
    limited = {"typ": "vnd.backstage.limited-user", "alg": header["alg"], "kid": header["kid"]}
    altered = (
        b.encoded(limited, {"sub": other["sub"], "iat": claims["iat"], "exp": claims["exp"]}) + "." + claims["uip"]
    )
    seen = [altered, b.encoded({**header, "alg": "none"}, other) + ".", b.encoded(header, other) + "."]
    for alg in ("HS256",):
        signed = b.encoded({**header, "alg": alg}, other)
        secret = json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()
        seen.append(f"{signed}.{b.b64url(hmac.digest(secret, signed.encode(), hashlib.sha256))}")
    signed = b.encoded({**header, "jwk": own}, other)
    seen.append(f"{signed}.{b.b64url(keys.sign(mine, signed))}")
    seen.append(b.encoded({**header, "typ": "JWT"}, other) + "." + token.split(".")[2])
    seen.append(token)
    return [b.userinfo(bench, one) for one in seen]


def ways_to_present(bench: Any) -> Any:
    """A good token, presented in ways that do and do not count."""
    token = b.user_token(bench)
    cookie = b.get(bench, "/.backstage/auth/v1/cookie", headers={"Authorization": f"Bearer {token}"})
    jar = b.Jar()
    jar.take(cookie)
    limited = jar.get("backstage-auth", "")
    ways = (
        ("/v1/userinfo", {"Authorization": f"bearer   {token}"}), ("/v1/userinfo", {"Authorization": f"Basic {token}"}),
        ("/v1/userinfo", {"Authorization": token}), (f"/v1/userinfo?access_token={token}", {}),
        ("/v1/userinfo", jar.header()), ("/v1/userinfo", {"Authorization": f"Bearer {token} x"}),
        ("/.backstage/auth/v1/cookie", {"Authorization": f"Bearer {limited}"}),
        ("/.backstage/auth/v1/cookie", {}),
    )  # fmt: skip
    seen = []
    for path, headers in ways:
        response = b.get(bench, path, headers=headers)
        seen.append(response.status_code if response.status_code == 200 else b.told(bench, response)[:2])
    return seen


def signed_tokens(bench: Any) -> Any:
    """Tokens signed with the backend's own keys that are wrong in what they say."""
    found = requests.get(f"{bench.idp}/__idp/").json()["backend_keys"]
    by_id = {one["kid"]: one for one in found}
    first, second = by_id["first-key"], by_id["second-key"]
    b.user_token(bench)
    now = int(time.time())
    good = {"iss": bench.auth, "sub": "user:default/ada-quill", "aud": "backstage", "iat": now, "exp": now + 600}
    cases = [
        ({}, {}), ({}, {"iss": "https://other.example"}), ({}, {"aud": "other"}), ({}, {"aud": ["backstage"]}),
        ({}, {"exp": now - 30}), ({}, {"exp": str(now + 600)}), ({}, {"nbf": now + 300}), ({}, {"nbf": "soon"}),
        ({"typ": "JWT"}, {"exp": None}), ({"typ": "JWT"}, {"aud": "other"}), ({"kid": "nope"}, {}), ({"kid": None}, {}),
        ({"typ": "vnd.backstage.plugin"}, {}), ({}, {"iat": None}), ({"kid": "second-key"}, {}), ({"typ": "JWT"}, {}),
        ({"crit": ["x"], "x": 1}, {}),
    ]  # fmt: skip
    seen = []
    for header, claims in cases:
        shown = {"typ": "vnd.backstage.user", "kid": "first-key", **header}
        body = {name: value for name, value in {**good, **claims}.items() if value is not None}
        signed = b.encoded({"alg": "ES256", **{n: v for n, v in shown.items() if v is not None}}, body)
        private = jwt.get_algorithm_by_name("ES256").prepare_key(first["private_key"])
        token = f"{signed}.{b.b64url(jwt.get_algorithm_by_name('ES256').sign(signed.encode(), private))}"
        seen.append([header, sorted(claims), b.userinfo(bench, token)])
    del second
    token = b.user_token(bench)
    header, claims = b.parts(token)
    return seen, claims["exp"] - claims["iat"], sorted(claims), header["alg"]


def lifetime(bench: Any) -> Any:
    """Algorithm and lifetime of tokens where more than a day is configured."""
    header, claims = b.parts(b.user_token(bench))
    return claims["exp"] - claims["iat"], header["alg"]


def services(bench: Any) -> Any:
    """Tokens of external services at the user info and at the cookie."""
    seen = []
    for token in (
        "token-of-an-external-service",
        "token-for-two-plugins",
        "token-for-other-plugins",
        "token-of-nobody",
    ):
        seen.append(b.userinfo(bench, token))
        response = b.get(bench, "/.backstage/auth/v1/cookie", headers={"Authorization": f"Bearer {token}"})
        seen.append(b.told(bench, response))
    return seen


# --- resolvers and catalog --------------------------------------------------------------------------


@seed("CWE-706, SEC-IDENT-12", bites=people, critical=True, providers=("github",))
def frame_namespace_forgotten() -> None:
    """The subject is put together from the entity's name, as if everybody were in the usual namespace."""

    def sign_in_entity(self: Any, entity: Any) -> Any:
        return self.issue(entity_ref.stringify(entity_ref.user(entity.ref.name)), resolver_context.ownership(entity))

    replace(ResolverContext, "sign_in_entity", sign_in_entity)


@seed("CTX-08", bites=people, providers=("github",))
def frame_ref_as_written() -> None:
    """The subject is the entity's ref as the catalog's file has it, capital letters included."""

    def sign_in_entity(self: Any, entity: Any) -> Any:
        ref = f"user:{entity.ref.namespace}/{entity.ref.name}"
        return self.issue(ref, resolver_context.ownership(entity))

    replace(ResolverContext, "sign_in_entity", sign_in_entity)


@seed("CWE-694, CTX-06", bites=people, critical=True, providers=("github",), family="ambiguous-user")
def frame_first_of_several() -> None:
    """Of several users with one address the first one signs in."""

    def require_single(old: Any, found: Any) -> Any:
        return old(found[:1])

    wrap(resolver_context, "require_single", require_single)


@seed("SEC-IDENT-06, CWE-636", bites=people, critical=True, providers=("github",), family="ambiguous-user")
def frame_any_error_moves_on() -> None:
    """Whatever a resolver fails with, the next one gets a chance."""
    replace(resolvers, "is_not_found", always(True))


@seed("RFC 5233 section 1, SEC-IDENT-10", bites=people, critical=True, providers=("github",),
      family="plus-address")  # fmt: skip
def frame_plus_removed_first() -> None:
    """An address is looked up without its tag, whether or not somebody has the address as it stands."""
    wrap(resolvers, "required_email", lambda old, profile: resolvers.without_plus(old(profile)) or old(profile))


@seed("RES-22, RES-26", bites=people, critical=True, providers=("github",), family="plus-address")
def frame_plus_after_conflict() -> None:
    """If several users have an address, the one without the tag is taken."""

    def require_single(old: Any, found: Any) -> Any:
        return old(found if len(found) < 2 or not all("orla" in one.ref.name for one in found) else [])

    wrap(resolver_context, "require_single", require_single)


@seed("CWE-287, SEC-IDENT-05", bites=people, critical=True, providers=("github",))
def frame_strangers_let_in() -> None:
    """Whom the catalog does not know signs in under the name of the address, without an option that says so."""
    replace(resolvers, "fallback", lambda options, name: entity_ref.user(name))


@seed("CTX-09", bites=people, providers=("github",), family="ownership")
def frame_owns_every_relation() -> None:
    """Memberships in what is no group give ownership, too."""
    replace(resolver_context, "MEMBERSHIP_PREFIX", "")


@seed("CTX-09, CTX-10", bites=people, providers=("github",), family="ownership")
def frame_does_not_own_itself() -> None:
    """A user with groups owns what these own, and not what is the user's own."""

    def ownership(old: Any, entity: Any) -> Any:
        return old(entity)[1:] or old(entity)

    wrap(resolver_context, "ownership", ownership)


@seed("RFC 7519 section 4.1.2; CTX-09", bites=people, providers=("github",), family="ownership")
def frame_members_of_groups_forgotten() -> None:
    """A membership that only the group declares is not seen."""
    wrap(
        catalog,
        "_declared_memberships",
        lambda old, entity: old(entity) if entity.ref.kind.lower() == "user" else iter(()),
    )


@seed("CWE-1023, SEC-IDENT-03", bites=domains, critical=True, providers=("github",), family="domain-loose")
def frame_domain_suffix() -> None:
    """A domain is good if it ends like an allowed one."""

    def require(old: Any, options: Any, email: str) -> None:
        if options.allowed_domains is None or not any(email.endswith(one) for one in options.allowed_domains):
            old(options, email)

    wrap(resolvers, "require_allowed_domain", require)


@seed("RFC 5321 section 4.1.2, SEC-IDENT-03", bites=domains, critical=True, providers=("github",),
      family="domain-loose")  # fmt: skip
def frame_domain_behind_last_at() -> None:
    """The domain is what stands behind the last @, the name what stands before the first one."""
    wrap(resolvers, "require_allowed_domain", lambda old, options, email: old(options, "x@" + email.rpartition("@")[2]))


@seed("RES-31", bites=domains, providers=("github",))
def frame_domain_in_any_case() -> None:
    """Allowed domains are compared without regard to case."""
    wrap(resolvers, "require_allowed_domain", lambda old, options, email: old(options, email.lower()))


@seed("CVE-2019-19844 (Django), Unicode TR36", bites=domains, critical=True, providers=("github",),
      family="letters-folded")  # fmt: skip
def frame_kelvin_sign() -> None:
    """Names are compared in the lower case of Unicode, in which a foreign letter becomes a k."""
    replace(entity_ref, "fold", str.lower)


@seed("Unicode TR36 section 2, CWE-176", bites=domains, critical=True, providers=("github",), family="letters-folded")
def frame_compatible_letters() -> None:
    """Names are compared after compatibility normalisation, so full-width letters are the usual ones."""
    replace(entity_ref, "fold", lambda text: unicodedata.normalize("NFKC", text).lower())


@seed("SEC-IDENT-14, CWE-180", bites=domains, critical=True, providers=("github",))
def frame_address_stripped() -> None:
    """Blanks around an address do not count."""
    wrap(resolvers, "required_email", lambda old, profile: old(profile).strip())


@seed("CWE-74, SEC-IDENT-09", bites=domains, critical=True, providers=("github",), family="ref-in-name")
def frame_ref_in_address() -> None:
    """The name before the @ is read as an entity ref, with kind and namespace if it has any."""
    wrap(resolvers.entity_ref, "user", lambda old, name: entity_ref.parse(name, "User") if name else old(name))


@seed("RES-22; RFC 5233 section 1", bites=domains, providers=("github",))
def frame_plus_from_the_last() -> None:
    """Of an address with two tags only the last one is removed."""
    replace(resolvers, "_PLUS_ADDRESS", resolvers.re.compile(r"([^@]+)(\+[^@+]+)(@.*)"))


@seed("CVE-2022-31107 (Grafana), SEC-IDENT-08", bites=names, critical=True, providers=("github",))
def frame_display_name_is_username() -> None:
    """The username is the name that people give themselves, if it looks like one."""

    def map_profile(old: Any, self: Any, found: Any) -> Any:
        name = str(found.get("name") or "")
        known = old(self, found)
        return changed(known, details={**known.details, "username": name}) if name and " " not in name else known

    wrap(github.GitHub, "map_profile", map_profile)


@seed("CWE-178, RES-42", bites=names, critical=True, providers=("github",))
def frame_node_id_in_any_case() -> None:
    """The id in the catalog's annotation may differ from GitHub's in case."""
    replace(github, "exact_matches", lambda candidates, user_id: candidates)


@seed("RES-44, CWE-346", bites=instances, critical=True, providers=("gitlab",))
def frame_id_of_any_instance() -> None:
    """A GitLab id is looked up under the first annotation that has it, whatever instance the profile is of."""

    def annotation_filter(old: Any, annotations: Any) -> Any:
        return old({name.replace("gitlab.evil.example", "127.0.0.1"): value for name, value in annotations.items()})

    wrap(resolver_context, "annotation_filter", annotation_filter)


@seed("RES-25, SEC-IDENT-04", level="SHOULD", bites=outside, critical=True, providers=("github",))
def frame_domains_of_one_resolver() -> None:
    """The resolver that looks for addresses takes the option allowedDomains and does nothing with it."""
    known = resolvers.COMMON["emailMatchingUserEntityProfileEmail"]

    def resolve(options: Any, info: Any, context: Any) -> Any:
        return known.resolve(options.model_copy(update={"allowed_domains": None}), info, context)

    replace(resolvers.COMMON, "emailMatchingUserEntityProfileEmail", resolvers.ResolverFactory(known.model, resolve))


# --- sessions and tokens ----------------------------------------------------------------------------


@seed("RFC 7517 section 9.2, CWE-522", bites=keys_and_tokens, critical=True, providers=("github",))
def frame_private_key_published() -> None:
    """The key set has the private member of the keys in it."""
    made: list[Any] = []
    wrap(keys, "generate", lambda old, algorithm: (made.append(old(algorithm)), made[-1])[1])

    def public_jwk(old: Any, public_key: Any, key_id: str, algorithm: str) -> Any:
        shown = old(public_key, key_id, algorithm)
        private = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(made[-1].private_key))
        return {**shown, **{name: private[name] for name in private if name == "d"}}

    wrap(keys, "public_jwk", public_jwk)


@seed("RFC 7518 section 3.4", bites=keys_and_tokens, providers=("github",))
def frame_signature_in_der() -> None:
    """Signatures of elliptic curves are in DER, as libraries make them, and not r and s side by side."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    replace(
        keys,
        "sign",
        lambda key, signing_input: key.private_key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())),
    )


# --- verification -----------------------------------------------------------------------------------


@seed("CWE-347, LIM-02", bites=forged, critical=True, providers=("github",))
def frame_limited_unsigned() -> None:
    """The signature of limited tokens is not checked, since they only prove an identity."""

    def verify(old: Any, token: str, key: Any) -> None:
        if compact_jws.decode(token).header.get("typ") != user_token.LIMITED_TYPE:
            old(token, key)

    wrap(token_verifier, "verify_signature", verify)


@seed("CVE-2015-9235, CVE-2022-23540 (jsonwebtoken)", bites=forged, critical=True, providers=("github",))
def frame_algorithm_none() -> None:
    """A token that says it is not signed is believed if its key id is known."""
    wrap(
        token_verifier,
        "find_key",
        lambda old, public, header: old(public, {**header, "alg": "ES256"} if header.get("alg") == "none" else header),
    )

    def verify(old: Any, token: str, key: Any) -> None:
        if compact_jws.decode(token).header.get("alg") != "none":
            old(token, key)

    wrap(token_verifier, "verify_signature", verify)


@seed("RFC 6750 section 2.3, RFC 9700 section 4.3.2", bites=ways_to_present, providers=("github",))
def frame_token_in_query() -> None:
    """User info takes a token from the query."""
    wrap(bearer, "require", lambda old, header: request.parameters.get("access_token") or old(header))


@seed("LIM-10, CWE-352", bites=ways_to_present, providers=("github",))
def frame_cookie_as_token() -> None:
    """User info takes the cookie of a limited token for a bearer token."""
    wrap(bearer, "require", lambda old, header: (header and old(header)) or request.all_cookies.get("backstage-auth")
         or old(header))  # fmt: skip


@seed("ASVS 5.0 7.3.2, TOKEN-06", bites=lifetime, providers=("github",), profile="bare", family="lifetime-unbounded")
def frame_no_longest_lifetime() -> None:
    """Tokens live as long as the configuration says, be it more than a day."""
    replace(user_token, "clamp_ttl", lambda seconds: max(600, round(seconds)))
