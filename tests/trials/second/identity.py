"""Defects of identity: addresses and names, resolvers, the catalog, ownership."""

from __future__ import annotations

import unicodedata
from dataclasses import replace as changed

from reference_backend.errors import NotFoundError
from reference_backend.identity import catalog, entity_ref, resolver_context, resolvers
from reference_backend.identity.catalog import Catalog
from reference_backend.identity.entity_ref import EntityRef
from reference_backend.identity.resolver_context import ResolverContext
from reference_backend.providers import github, profiles
from reference_backend.providers.openid_base import OpenIdProvider
from tests.trials.second.plays import claims_of, re, response_of, sign_in, who
from tests.trials.seed import replace, seed, wrap

ADDRESSES = (
    "ada-quill@lumenfold.example",
    "ada-quill@evil.example@lumenfold.example",
    "ada-quill@evil-lumenfold.example",
    "ada-quill@lumenfold.example.evil.example",
    "ada-quill@LUMENFOLD.example",
    "dunes/ivo-dune@lumenfold.example",
    "group:default/harbour@lumenfold.example",
    "quentin-loc\u212a@lumenfold.example",
    "\uff41da-quill@lumenfold.example",
    "ada_quill@lumenfold.example",
    "ada-quill%@lumenfold.example",
    " ada-quill@lumenfold.example",
    "ada-quill\u200b@lumenfold.example",
    ["ada-quill@lumenfold.example"],
    ["other@evil.example", "ada-quill@lumenfold.example"],
)


def odd_addresses(bench):
    """Who is signed in by addresses that are almost somebody's."""
    found = []
    for address in ADDRESSES:
        for env in ("local-part", "email"):
            fault = {"fault": "set", "at": "profile", "members": {"email": address}}
            found.append(who(sign_in(bench, "gitlab", "no-email", env=env, faults=[fault]))[:30])
    return found


@seed(
    "CVE-2026-40574 (oauth2-proxy: domain behind the last @), RES-31, SEC-IDENT-03",
    bites=odd_addresses,
    critical=True,
    providers=("gitlab",),
    family="domain-loose",
)
def domain_behind_the_last_at() -> None:
    """The domain of an address is what stands behind the last ``@``, the name what stands before the first."""

    def check(original, options, email):
        original(options, f"x@{email.rpartition('@')[2]}")

    wrap(resolvers, "require_allowed_domain", check)


@seed(
    "oauth2-proxy GHSA on --email-domain suffixes; Grafana allowed_domains; RES-31, SEC-IDENT-03",
    bites=odd_addresses,
    critical=True,
    providers=("gitlab",),
    family="domain-loose",
)
def domain_by_its_end() -> None:
    """A domain is allowed if it ends like one in the list."""

    def check(original, options, email):
        allowed = options.allowed_domains or []
        if not any(email.endswith(domain) for domain in allowed):
            original(options, email)

    wrap(resolvers, "require_allowed_domain", check)


@seed(
    "pydantic v1 to v2 upgrade (alias lost, unknown options ignored), RES-31, SEC-IDENT-03",
    bites=odd_addresses,
    critical=True,
    providers=("gitlab",),
    family="domain-loose",
)
def allowed_domains_have_another_name() -> None:
    """The option ``allowedDomains`` is not known under this name, and unknown options are ignored."""

    def create(original, self, options):
        return original(self, {name: value for name, value in options.items() if name != "allowedDomains"})

    wrap(resolvers.ResolverFactory, "create", create)


@seed(
    "CVE-2019-19844 (Django), CWE-178: lower case of look-alikes, SEC-IDENT-13",
    bites=odd_addresses,
    critical=True,
    providers=("gitlab",),
    family="look-alikes",
)
def kelvin_sign_is_a_k() -> None:
    """Names are put in lower case by Unicode's rules, which make a plain letter of the Kelvin sign."""
    replace(entity_ref, "fold", str.lower)


@seed(
    "Spotify account takeover of 2013 (canonical usernames); CWE-180, SEC-IDENT-13",
    bites=odd_addresses,
    critical=True,
    providers=("gitlab",),
    family="look-alikes",
)
def names_in_compatibility_form() -> None:
    """Names are compared in Unicode's compatibility form, in which full-width letters are plain ones."""
    wrap(entity_ref, "fold", lambda original, text: original(unicodedata.normalize("NFKC", text)))


@seed(
    "CVE-2022-1245 class, Keycloak user search (LIKE wildcards); CWE-943, SEC-IDENT-13",
    bites=odd_addresses,
    critical=True,
    providers=("gitlab",),
)
def addresses_are_patterns() -> None:
    """The catalog is searched by ``LIKE``, so that an underscore stands for any character and a percent sign for many."""  # noqa: E501

    def query(original, self, filters):
        known = {
            value for terms in self._current(eager=False).terms.values() for path, value in terms if "email" in path
        }
        for one in filters:
            for key, value in one.items():
                if key == "spec.profile.email" and set("_%") & set(value):
                    like = re.escape(value).replace("_", ".").replace("%", ".*")
                    return [e for v in known if re.fullmatch(like, v) for e in original(self, [{**one, key: v}])]
        return original(self, filters)

    wrap(Catalog, "query", query)


@seed(
    "OpenID Connect Core section 5.1 (email is a string); omniauth info.email arrays, SEC-IDENT-14",
    bites=odd_addresses,
    critical=True,
    providers=("gitlab",),
)
def addresses_in_a_list() -> None:
    """Of an address that is a list, the last entry counts."""

    def required(original, profile):
        return original(changed(profile, email=profile.email[-1]) if isinstance(profile.email, list) else profile)

    wrap(resolvers, "required_email", required)


@seed(
    "CWE-706; Backstage parseEntityRef for stringifyEntityRef, SEC-IDENT-09",
    bites=odd_addresses,
    critical=True,
    providers=("gitlab",),
)
def names_are_references() -> None:
    """A name is read as a reference, so that it can name another namespace or kind."""
    replace(entity_ref, "user", lambda name: entity_ref.parse(name, entity_ref.DEFAULT_USER_KIND))


def plus_addresses(bench):
    """Who is signed in by addresses with a tag, and by an address that several share."""
    people = (
        "plus-address",
        "exact-plus-address",
        "shared-plus-address",
        "duplicate-email",
        "twin-south",
        "name-as-email-local-part",
    )
    return [who(sign_in(bench, "google", one, env=env))[:60] for one in people for env in ("development", "email")]


@seed(
    "Gmail plus-address account confusion (HackerOne reports); RES-22, SEC-IDENT-10",
    bites=plus_addresses,
    critical=True,
    providers=("google",),
)
def tag_is_cut_off_at_once() -> None:
    """An address is looked for without its tag only, even if the catalog has it as it stands."""

    def required(original, profile):
        email = original(profile)
        return resolvers.without_plus(email) or email

    wrap(resolvers, "required_email", required)


@seed(
    "CWE-841; Backstage findCatalogUser callers that catch everything, CTX-06, SEC-IDENT-10",
    bites=plus_addresses,
    critical=True,
    providers=("google",),
)
def several_are_as_good_as_nobody() -> None:
    """An address that several users share counts as unknown, and the next guess gets its chance."""

    def single(original, found):
        if len(found) > 1:
            raise NotFoundError("User not found")
        return original(found)

    wrap(resolver_context, "require_single", single)


@seed(
    "RES-06, SEC-IDENT-06; passport's fallthrough of strategies (fail versus error)",
    bites=plus_addresses,
    critical=True,
    providers=("google",),
)
def conflict_moves_on_to_the_next_resolver() -> None:
    """If a resolver finds several users, the next one is asked."""
    replace(resolvers, "is_not_found", lambda error: error.name in ("NotFoundError", "ConflictError"))


@seed("RES-01; configuration merge keeps the first list item", bites=plus_addresses, providers=("google",))
def only_the_first_resolver_is_read() -> None:
    """Of several resolvers in the configuration only the first is used."""
    wrap(resolvers, "first_match", lambda original, listed, info, context: original(listed[:1], info, context))


def ownership(bench):
    """Subjects and ownership of people with groups of every kind."""
    found = []
    for persona in ("many-groups", "mixed-case", "other-namespace"):
        answer = response_of(sign_in(bench, "google", persona, env="email"))
        found.append(answer.get("backstageIdentity", {}).get("identity"))
        found.append(claims_of(answer["backstageIdentity"]["token"])["sub"])
    return found


@seed("CWE-269; Backstage getDefaultOwnershipEntityRefs (kind filter), CTX-09", bites=ownership, providers=("google",))
def systems_are_groups() -> None:
    """Whatever a user is a member of counts as ownership, systems included."""
    replace(resolver_context, "MEMBERSHIP_PREFIX", "")


@seed("Backstage catalog: relations from spec.members; CTX-09", bites=ownership, providers=("google",))
def groups_do_not_name_members() -> None:
    """A membership counts only if the user names the group, not if the group names the user."""

    def declared(original, entity):
        return original(entity) if entity.ref.kind.lower() == "user" else iter(())

    wrap(catalog, "_declared_memberships", declared)


@seed(
    "CWE-706; Backstage parseEntityRef with defaultNamespace, SEC-IDENT-12",
    bites=ownership,
    critical=True,
    providers=("google",),
)
def groups_are_of_the_usual_namespace() -> None:
    """A group that is named without namespace is one of ``default``, whatever namespace its member is in."""
    wrap(
        catalog, "_relative", lambda original, text, kind, namespace: original(text, kind, entity_ref.DEFAULT_NAMESPACE)
    )


@seed("CVE-less Backstage issue on case of entity refs; CTX-08, SEC-ISS-03", bites=ownership, providers=("google",))
def subject_as_it_is_written() -> None:
    """Subjects have the letters of the catalog's entity, in both cases."""

    def entity(self, found):
        return self.issue(f"user:{found.ref.namespace}/{found.ref.name}", resolver_context.ownership(found))

    replace(ResolverContext, "sign_in_entity", entity)


@seed("CWE-706; SEC-IDENT-12 (ref put together from the name)", bites=ownership, critical=True, providers=("google",))
def everybody_is_of_the_usual_namespace() -> None:
    """Whom a resolver found is signed in as the user of that name in ``default``."""

    def entity(original, self, found):
        return original(self, changed(found, ref=EntityRef("User", entity_ref.DEFAULT_NAMESPACE, found.ref.name)))

    wrap(ResolverContext, "sign_in_entity", entity)


def verification_flags(bench):
    """Sign-ins by addresses that are said to be verified in odd ways."""
    found = []
    for value in (True, False, "false", "true", 0, None):
        fault = (
            {"fault": "remove", "at": "profile", "members": ["email_verified"]}
            if value is None
            else {"fault": "set", "at": "profile", "members": {"email_verified": value}}
        )
        found += [who(sign_in(bench, one, env="email", faults=[fault]))[:60] for one in ("google", "oidc")]
    return found


@seed(
    "CVE-2020-8911-like string booleans; Cognito's email_verified as text, SEC-IDENT-02",
    bites=verification_flags,
    critical=True,
    providers=("google",),
    family="verified-loose",
)
def text_false_is_true() -> None:
    """An address counts as unverified only if the vendor says so as a boolean, though some say it as text."""
    replace(profiles, "is_denied", lambda flag: flag is False)


@seed(
    "CVE-2023-3128 (Grafana, Entra), nOAuth (Descope 2023), dex insecureSkipEmailVerified, OIDCPROV-12, SEC-IDENT-02",
    bites=verification_flags,
    critical=True,
    providers=("oidc",),
    family="verified-loose",
)
def unsaid_is_verified() -> None:
    """At an OpenID provider an address counts as verified unless the vendor denies it."""

    def mapped(original, self, userinfo):
        flag = userinfo.get("email_verified")
        return original(self, {**userinfo, "email_verified": flag is not False})

    wrap(OpenIdProvider, "map_profile", mapped)


def ids_of_other_case(bench):
    """Sign-ins by the vendor's id."""
    env = "resolver-user-id-matching-user-entity-annotation"
    people = ("plain", "other-case", "not-in-catalog")
    return [who(sign_in(bench, vendor, one, env=env))[:60] for vendor in ("github", "gitlab") for one in people]


@seed("CWE-178; GitHub node ids differ in case (Backstage changelog), RES-42", bites=ids_of_other_case, critical=True)
def node_ids_in_any_case() -> None:
    """GitHub's node ids are compared without regard to case, so that one person becomes another."""

    def exact(candidates, user_id):
        return [
            one for one in candidates if (one.annotation(github.USER_ID_ANNOTATION) or "").lower() == user_id.lower()
        ]

    replace(github, "exact_matches", exact)
