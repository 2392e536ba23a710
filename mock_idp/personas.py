"""Who can sign in: fictional people, each of whom exists for a reason.

A persona is data. What one vendor knows about it is its *account* there, whose ids follow from the persona's id, so
that they are the same in every run and a catalog can name them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from mock_idp.settings import COMPANY_DOMAIN, PARTNER_DOMAIN, SPARE_PERSONAS

LARGE = 4400
"""More characters than fit into one cookie (browsers give up at 4096 bytes, RFC 6265 section 6.1)."""


@dataclass(frozen=True, slots=True)
class Persona:
    """A fictional person.

    Parameters:
        id: in kebab-case.
        name: display name.
        login: user name at vendors that have one.
        email: e-mail address at every vendor, or None.
        reason: one sentence: what cannot be tested without this persona.
        email_verified: whether vendors call the address verified.
        groups: entity refs the catalog's user is a member of; a bare name is a group.
        entity: name of the User entity in the catalog, or None if there is none.
        catalog_email: e-mail address in the catalog if it is another one; empty for none.
        namespace: of the User entity; if it is not ``default``, that one has somebody else of the same name.
        is_listed_by_group: True if the catalog's groups name their member, instead of the user its groups.
        namesakes: names of further User entities with the same e-mail address.
        annotations_swapped: True if the catalog's annotations differ from the vendors' ids in case.
        padding: further characters in refresh and ID tokens.
        spare: True if tests take it for one case alone, so that pages and lists need not show it.
    """

    id: str
    name: str
    login: str
    email: str | None
    reason: str
    email_verified: bool = True
    groups: tuple[str, ...] = ("harbour",)
    entity: str | None = None
    catalog_email: str | None = None
    namespace: str = "default"
    is_listed_by_group: bool = False
    namesakes: tuple[str, ...] = ()
    annotations_swapped: bool = False
    padding: int = 0
    spare: bool = False

    @property
    def picture(self) -> str:
        """Address of a picture; nobody serves it, since only the text travels through a backend."""
        return f"https://pictures.{COMPANY_DOMAIN}/{self.login}.png"

    @property
    def given_name(self) -> str:
        """The part of the name before the first space."""
        return self.name.partition(" ")[0]

    @property
    def family_name(self) -> str:
        """The part of the name behind the first space."""
        return self.name.partition(" ")[2]

    @property
    def entity_ref(self) -> str | None:
        """The full ref of the User entity, in lower case as Backstage writes it, or None if there is none."""
        return f"user:{self.namespace}/{self.entity}".lower() if self.entity else None

    @property
    def group_refs(self) -> tuple[str, ...]:
        """The groups as full entity refs."""
        return tuple(group if ":" in group else f"group:default/{group}" for group in self.groups)

    def account(self, vendor: str) -> "Account":
        """What a vendor knows about this persona.

        Parameters:
            vendor: the vendor's id.
        """
        digest = hashlib.sha256(f"{vendor}/{self.id}".encode()).digest()
        return Account(
            persona=self,
            vendor=vendor,
            # Nine digits: more than any vendor's smallest ids, and exact in every JSON parser.
            number=100_000_000 + int.from_bytes(digest[:8]) % 900_000_000,
            digest=digest.hex(),
        )


@dataclass(frozen=True, slots=True)
class Account:
    """What one vendor knows about a persona.

    Parameters:
        persona: the persona.
        vendor: the vendor's id.
        number: stable numeric subject id.
        digest: 64 stable hexadecimal digits, of which vendors make ids in their own form.
    """

    persona: Persona
    vendor: str
    number: int
    digest: str

    @property
    def uuid(self) -> str:
        """A stable subject id in the form of a UUID."""
        parts = (self.digest[:8], self.digest[8:12], "4" + self.digest[13:16], "a" + self.digest[17:20])
        return "-".join((*parts, self.digest[20:32]))


def _at(local_part: str, domain: str = COMPANY_DOMAIN) -> str:
    return f"{local_part}@{domain}"


_ALL = (
    Persona(
        "plain",
        "Ada Quill",
        "ada-quill",
        _at("ada-quill"),
        "The usual case: every resolver finds this person.",
        entity="ada-quill",
    ),
    Persona(
        "no-email",
        "Bela Marsh",
        "bela-marsh",
        None,
        "A profile without e-mail address must fail in e-mail resolvers with a clear message.",
        entity="bela-marsh",
        catalog_email=_at("bela-marsh"),
    ),
    Persona(
        "unverified-email",
        "Cosmo Firth",
        "cosmo-firth",
        _at("cosmo-firth"),
        "An address that the vendor says is not verified must not identify anybody.",
        email_verified=False,
        entity="cosmo-firth",
    ),
    Persona(
        "not-in-catalog",
        "Dunja Vale",
        "dunja-vale",
        _at("dunja-vale"),
        "A colleague whom the catalog does not know is turned away, or let in where configuration says so.",
    ),
    Persona(
        "foreign-domain",
        "Edgar Strand",
        "edgar-strand",
        _at("edgar-strand", PARTNER_DOMAIN),
        "In the catalog, but with an address outside the company's domain: allowedDomains must refuse it.",
        entity="edgar-strand",
    ),
    Persona(
        "twin-north",
        "Robin Vale",
        "robin-vale",
        _at("robin-vale"),
        "Shares the local part of the address with twin-south and must never become that person.",
        entity="robin-vale",
    ),
    Persona(
        "twin-south",
        "Robin Vale",
        "robin-vale-south",
        _at("robin-vale", PARTNER_DOMAIN),
        "Shares the local part of the address with twin-north, in another domain.",
        entity="robin-vale-south",
    ),
    Persona(
        "non-ascii",
        "Zoë Ødegård-Ελένη 山田 Жанна علي 👩🏽‍🚀",
        "zoe-odegard",
        _at("zoe-odegard"),
        "A name in many scripts must arrive unharmed, and on one line of HTML.",
        entity="zoe-odegard",
    ),
    Persona(
        "large-token",
        "Magnus Tide",
        "magnus-tide",
        _at("magnus-tide"),
        "Refresh and ID tokens of more than 4000 characters do not fit into one cookie.",
        entity="magnus-tide",
        padding=LARGE,
    ),
    Persona(
        "duplicate-email",
        "Nora Double",
        "nora-double",
        _at("nora-double"),
        "Two catalog users share this address, so that nobody can say who signs in.",
        entity="nora-double",
        namesakes=("nora-double-admin",),
    ),
    Persona(
        "plus-address",
        "Otto Plus",
        "otto-plus",
        _at("otto-plus+work"),
        "The catalog has the address without the +tag; the e-mail resolver looks for both.",
        entity="otto-plus",
        catalog_email=_at("otto-plus"),
    ),
    Persona(
        "exact-plus-address",
        "Olga Plus",
        "olga-plus",
        _at("otto-plus+olga"),
        "The catalog has this address as it stands, and without the +tag it is somebody else's.",
        entity="olga-plus",
    ),
    Persona(
        "shared-plus-address",
        "Orla Plus",
        "orla-plus",
        _at("otto-plus+orla"),
        "Two catalog users share this address; without the +tag it is a third one's, who must not be taken instead.",
        entity="orla-plus",
        namesakes=("orla-plus-too",),
    ),
    Persona(
        "many-groups",
        "Petra Reed",
        "petra-reed",
        _at("petra-reed"),
        "Ownership lists both groups, but not the system this person is a member of as well.",
        groups=("harbour", "lighthouse", "system:default/tide-tables"),
        entity="petra-reed",
    ),
    Persona(
        "too-many-groups",
        "Rosa Throng",
        "rosa-throng",
        _at("rosa-throng"),
        "A token that names all these groups, of another namespace, is too long to be of use (TOKEN-13).",
        groups=("harbour", "lighthouse", *(f"group:throng/one-crew-among-very-many-others-{n:03}" for n in range(700))),
        entity="rosa-throng",
    ),
    Persona(
        "name-as-email-local-part",
        "Quentin Lock",
        "qlock",
        _at("quentin-lock"),
        "The catalog knows no address, only a user named like the local part of it.",
        entity="quentin-lock",
        catalog_email="",
    ),
    Persona(
        "other-case",
        "Runa Case",
        "runa-case",
        _at("runa-case"),
        "Ids in the catalog's annotations differ from the vendor's in case only, which is not the same id.",
        entity="runa-case",
        annotations_swapped=True,
    ),
    Persona(
        "mixed-case",
        "Uma Crest",
        "Uma-Crest",
        _at("Uma-Crest"),
        "Name, address and group have letters in both cases: refs are in lower case all the same, profiles are not.",
        groups=("Harbour-Watch",),
        entity="Uma-Crest",
        is_listed_by_group=True,
    ),
    Persona(
        "other-namespace",
        "Ivo Dune",
        "ivo-dune",
        _at("ivo-dune"),
        "In the catalog in a namespace of its own, where the usual one has somebody else of that name.",
        groups=("group:dunes/harbour",),
        entity="ivo-dune",
        namespace="dunes",
    ),
)


def _spare(number: int) -> Persona:
    name = f"guest-{number:02}"
    return Persona(
        name,
        f"Guest {number:02}",
        name,
        _at(name),
        "Like plain, for one case alone: targets remember their users, and cases must not meet there.",
        entity=name,
        spare=True,
    )


SHOWN: Mapping[str, Persona] = {persona.id: persona for persona in _ALL}
"""The personas that people choose from, in the order in which they are shown."""

SPARE: Mapping[str, Persona] = {persona.id: persona for persona in map(_spare, range(1, SPARE_PERSONAS + 1))}
"""Personas of which a test may take one for itself (``persona: own`` in a scenario)."""

PERSONAS: Mapping[str, Persona] = {**SHOWN, **SPARE}
"""All personas by id."""

IN_WORDS = f"{', '.join(SHOWN)}, {next(iter(SPARE))} … {list(SPARE)[-1]}"
"""All ids, for messages."""
