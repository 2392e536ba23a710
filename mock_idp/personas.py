"""The kit's own people for tests: fictional, and each of them exists for a reason.

A persona is data. Every user who can sign in, these and own people, is a :class:`~mock_idp.people.Person`.
"""

from collections.abc import Mapping

from mock_idp.people import Person
from mock_idp.settings import COMPANY_DOMAIN, PARTNER_DOMAIN, SPARE_PERSONAS

LARGE = 4400
"""More characters than fit into one cookie (browsers give up at 4096 bytes, RFC 6265 section 6.1)."""


def _at(local_part: str, domain: str = COMPANY_DOMAIN) -> str:
    return f"{local_part}@{domain}"


_ALL = (
    Person(
        "plain",
        "Ada Quill",
        "ada-quill",
        _at("ada-quill"),
        "The usual case: every resolver finds this person.",
        entity="ada-quill",
    ),
    Person(
        "no-email",
        "Bela Marsh",
        "bela-marsh",
        None,
        "A profile without e-mail address must fail in e-mail resolvers with a clear message.",
        entity="bela-marsh",
        catalog_email=_at("bela-marsh"),
    ),
    Person(
        "unverified-email",
        "Cosmo Firth",
        "cosmo-firth",
        _at("cosmo-firth"),
        "An address that the vendor reports as unverified must not identify a user.",
        email_verified=False,
        entity="cosmo-firth",
    ),
    Person(
        "not-in-catalog",
        "Dunja Vale",
        "dunja-vale",
        _at("dunja-vale"),
        "A user who is not in the catalog is refused, or signed in where the configuration says so.",
    ),
    Person(
        "foreign-domain",
        "Edgar Strand",
        "edgar-strand",
        _at("edgar-strand", PARTNER_DOMAIN),
        "In the catalog, but with an address outside the company's domain: allowedDomains must refuse it.",
        entity="edgar-strand",
    ),
    Person(
        "twin-north",
        "Robin Vale",
        "robin-vale",
        _at("robin-vale"),
        "Shares the local part of the address with twin-south and must never become that person.",
        entity="robin-vale",
    ),
    Person(
        "twin-south",
        "Robin Vale",
        "robin-vale-south",
        _at("robin-vale", PARTNER_DOMAIN),
        "Shares the local part of the address with twin-north, in another domain.",
        entity="robin-vale-south",
    ),
    Person(
        "non-ascii",
        "Zoë Ødegård-Ελένη 山田 Жанна علي 👩🏽‍🚀",
        "zoe-odegard",
        _at("zoe-odegard"),
        "A name in many scripts must arrive unharmed, and on one line of HTML.",
        entity="zoe-odegard",
    ),
    Person(
        "large-token",
        "Magnus Tide",
        "magnus-tide",
        _at("magnus-tide"),
        "Refresh and ID tokens of more than 4000 characters do not fit into one cookie.",
        entity="magnus-tide",
        padding=LARGE,
    ),
    Person(
        "duplicate-email",
        "Nora Double",
        "nora-double",
        _at("nora-double"),
        "Two catalog users share this address, so that it identifies neither.",
        entity="nora-double",
        namesakes=("nora-double-admin",),
    ),
    Person(
        "plus-address",
        "Otto Plus",
        "otto-plus",
        _at("otto-plus+work"),
        "The catalog has the address without the +tag; the e-mail resolver looks for both.",
        entity="otto-plus",
        catalog_email=_at("otto-plus"),
    ),
    Person(
        "exact-plus-address",
        "Olga Plus",
        "olga-plus",
        _at("otto-plus+olga"),
        "The catalog has this exact address, and another user has it without the +tag.",
        entity="olga-plus",
    ),
    Person(
        "shared-plus-address",
        "Orla Plus",
        "orla-plus",
        _at("otto-plus+orla"),
        "Two catalog users share this address; without the +tag it is a third one's, who must not be taken instead.",
        entity="orla-plus",
        namesakes=("orla-plus-too",),
    ),
    Person(
        "many-groups",
        "Petra Reed",
        "petra-reed",
        _at("petra-reed"),
        "Ownership lists both groups, but not the system this person is a member of as well.",
        groups=("harbour", "lighthouse", "system:default/tide-tables"),
        entity="petra-reed",
    ),
    Person(
        "too-many-groups",
        "Rosa Throng",
        "rosa-throng",
        _at("rosa-throng"),
        "A token that names all these groups, of another namespace, is too long to be of use (TOKEN-13).",
        groups=("harbour", "lighthouse", *(f"group:throng/one-crew-among-very-many-others-{n:03}" for n in range(700))),
        entity="rosa-throng",
    ),
    Person(
        "name-as-email-local-part",
        "Quentin Lock",
        "qlock",
        _at("quentin-lock"),
        "The catalog knows no address, only a user named like the local part of it.",
        entity="quentin-lock",
        catalog_email="",
    ),
    Person(
        "other-case",
        "Runa Case",
        "runa-case",
        _at("runa-case"),
        "Ids in the catalog's annotations differ from the vendor's in case only, which is not the same id.",
        entity="runa-case",
        annotations_swapped=True,
    ),
    Person(
        "mixed-case",
        "Uma Crest",
        "Uma-Crest",
        _at("Uma-Crest"),
        "Name, address and group have letters in both cases: refs are in lower case all the same, profiles are not.",
        groups=("Harbour-Watch",),
        entity="Uma-Crest",
        is_listed_by_group=True,
    ),
    Person(
        "other-namespace",
        "Ivo Dune",
        "ivo-dune",
        _at("ivo-dune"),
        "In the catalog in another namespace; the default one has another user of that name.",
        groups=("group:dunes/harbour",),
        entity="ivo-dune",
        namespace="dunes",
    ),
)


def _spare(number: int) -> Person:
    name = f"guest-{number:02}"
    return Person(
        name,
        f"Guest {number:02}",
        name,
        _at(name),
        "Like plain, for one case alone: targets remember their users, and cases must not meet there.",
        entity=name,
        spare=True,
    )


SHOWN: Mapping[str, Person] = {persona.id: persona for persona in _ALL}
"""The personas that people choose from, in the order in which they are shown."""

SPARE: Mapping[str, Person] = {persona.id: persona for persona in map(_spare, range(1, SPARE_PERSONAS + 1))}
"""Personas of which a test may take one for itself (``persona: own`` in a scenario)."""

PERSONAS: Mapping[str, Person] = {**SHOWN, **SPARE}
"""All personas by id."""

IN_WORDS = f"{', '.join(SHOWN)}, {next(iter(SPARE))} … {list(SPARE)[-1]}"
"""All ids, for messages."""
