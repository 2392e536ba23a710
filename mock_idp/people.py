"""Who can sign in: what a person is, and what each vendor knows about one.

What one vendor knows about a person is an *account* there. Its ids follow from the person's id, so that they are the
same in every run and a catalog can name them, unless they are given.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from mock_idp.settings import COMPANY_DOMAIN

EVERYWHERE = "all"
"""Instead of a vendor's id: claims that all vendors tell."""

PICTURE_HOST = f"pictures.{COMPANY_DOMAIN}"
"""Where the pictures of people are that have no other."""


_DIGITS = 15
"""Numbers of more digits are not exact in every JSON parser (RFC 8259 section 6)."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person who can sign in.

    Parameters:
        id: in kebab-case.
        name: display name.
        login: user name at vendors that have one.
        email: e-mail address at every vendor, or None.
        reason: one sentence; of a persona, what cannot be tested without it.
        email_verified: whether vendors call the address verified.
        groups: entity refs the catalog's user is a member of; a bare name is a group.
        entity: name of the User entity in the catalog, or None if there is none.
        catalog_email: e-mail address in the catalog if it is another one; empty for none.
        namespace: of the User entity; if it is not ``default``, that one has another user of the same name.
        is_listed_by_group: True if the catalog's groups name their member, instead of the user its groups.
        namesakes: names of further User entities with the same e-mail address.
        annotations_swapped: True if the catalog's annotations differ from the vendors' ids in case.
        padding: further characters in refresh and ID tokens.
        spare: True if tests take it for one case alone, so that pages and lists need not show it.
        own: True if it is none of the kit's personas.
        logins: vendor -> user name there, where it is another one.
        ids: vendor -> id there: a number or a text, as that vendor's ids are.
        vendor_groups: vendor -> names of the groups it tells, where they are not those of the catalog.
        organisations: organisation -> teams in it, at vendors that have organisations.
        claims: vendor, or :data:`EVERYWHERE` -> further claims of ID token and profile there.
        picture_url: address of a picture, or None for a drawn one.
        given: first name, if it is not what stands before the first space.
        family: last name, if it is not what stands behind it.
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
    own: bool = False
    logins: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str | int] = field(default_factory=dict)
    vendor_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    organisations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    claims: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    picture_url: str | None = None
    given: str | None = None
    family: str | None = None

    @property
    def picture(self) -> str:
        """Address of a picture, the same at every vendor; the mock serves those of its own host."""
        return self.picture_url or f"https://{PICTURE_HOST}/{self.login}.png"

    @property
    def given_name(self) -> str:
        """The first name; by default the part of the name before the first space."""
        return self.name.partition(" ")[0] if self.given is None else self.given

    @property
    def family_name(self) -> str:
        """The last name; by default the part of the name behind the first space."""
        return self.name.partition(" ")[2] if self.family is None else self.family

    @property
    def entity_ref(self) -> str | None:
        """The full ref of the User entity, in lower case as Backstage writes it, or None if there is none."""
        return f"user:{self.namespace}/{self.entity}".lower() if self.entity else None

    @property
    def group_refs(self) -> tuple[str, ...]:
        """The groups as full entity refs."""
        return tuple(group if ":" in group else f"group:default/{group}" for group in self.groups)

    def groups_at(self, vendor: str) -> tuple[str, ...] | None:
        """The names of the groups that a vendor tells: its own ones, or the names of the catalog's groups.

        Parameters:
            vendor: the vendor's id.

        Returns:
            None for a persona, about whose groups vendors say nothing unless it is given some.
        """
        if vendor in self.vendor_groups or not self.own:
            return self.vendor_groups.get(vendor)
        return tuple(dict.fromkeys(ref.rpartition("/")[2] for ref in self.group_refs if ref.startswith("group:")))

    def claims_at(self, vendor: str) -> dict[str, Any]:
        """The further claims that a vendor tells.

        Parameters:
            vendor: the vendor's id.
        """
        return {**self.claims.get(EVERYWHERE, {}), **self.claims.get(vendor, {})}

    def account(self, vendor: str) -> "Account":
        """What a vendor knows about this person.

        Parameters:
            vendor: the vendor's id.
        """
        digest = hashlib.sha256(f"{vendor}/{self.id}".encode()).digest()
        login = self.logins.get(vendor)
        return Account(
            # Under the name that it has there; the picture stays the same.
            persona=replace(self, login=login, picture_url=self.picture) if login else self,
            vendor=vendor,
            # Nine digits: more than any vendor's smallest ids, and exact in every JSON parser.
            derived_number=100_000_000 + int.from_bytes(digest[:8]) % 900_000_000,
            digest=digest.hex(),
        )


@dataclass(frozen=True, slots=True)
class Account:
    """What one vendor knows about a person.

    Parameters:
        persona: the person, as it is called there.
        vendor: the vendor's id.
        derived_number: stable number, which is the subject id unless one was given.
        digest: 64 stable hexadecimal digits, of which vendors make ids in their own form.
    """

    persona: Person
    vendor: str
    derived_number: int
    digest: str

    @property
    def groups(self) -> tuple[str, ...] | None:
        """The groups that the vendor tells, or None if it says nothing about any."""
        return self.persona.groups_at(self.vendor)

    @property
    def number(self) -> int:
        """A stable numeric subject id."""
        given = str(self.persona.ids.get(self.vendor, ""))
        return int(given) if given.isascii() and given.isdecimal() and len(given) <= _DIGITS else self.derived_number

    @property
    def uuid(self) -> str:
        """A stable subject id in the form of a UUID."""
        parts = (self.digest[:8], self.digest[8:12], "4" + self.digest[13:16], "a" + self.digest[17:20])
        return self.subject("-".join((*parts, self.digest[20:32])))

    def subject(self, derived: str) -> str:
        """The subject id as text: the one that was given, or what the vendor makes of the digits.

        Parameters:
            derived: the id in the vendor's own form.
        """
        given = self.persona.ids.get(self.vendor)
        return derived if given is None else str(given)


class PeopleError(ValueError):
    """A person who cannot be added, changed or removed; the message is one sentence."""


class People:
    """Who can sign in at one mock, own people first; may be shared by threads.

    Parameters:
        personas: the kit's own people, who are shared: they stay as they are, but for spare ones.
    """

    def __init__(self, personas: Mapping[str, Person]) -> None:
        self._personas = personas
        self._lock = Lock()
        self._gone: dict[str, Person] = {}
        self.own: Mapping[str, Person] = {}
        """The people of one's own by id, as of now."""
        self.by_id: Mapping[str, Person] = dict(personas)
        """Everybody by id, as of now."""

    @property
    def shown(self) -> Mapping[str, Person]:
        """Whom pages show, in that order."""
        return {person_id: person for person_id, person in self.by_id.items() if not person.spare}

    @property
    def changed_personas(self) -> Mapping[str, Person]:
        """The personas that are not as the kit has them."""
        return {known: self.by_id[known] for known, as_made in self._personas.items() if self.by_id[known] != as_made}

    @property
    def in_words(self) -> str:
        """All ids, for messages."""
        spare = [person_id for person_id, person in self._personas.items() if person.spare]
        return ", ".join([*self.shown, f"{spare[0]} … {spare[-1]}"])

    def ever(self, person_id: str) -> Person:
        """A person who can sign in, or could: grants outlive people.

        Raises:
            KeyError: there was never a person of this id.
        """
        return self.by_id.get(person_id) or self._gone[person_id]

    def named(self, vendor: str, login: str) -> Person | None:
        """Who has a user name at a vendor, or None."""
        everybody = self.by_id.values()
        return next((person for person in everybody if person.logins.get(vendor, person.login) == login), None)

    def put(self, person: Person) -> None:
        """Add a person, or put a changed person in the place of the one of the same id.

        Raises:
            PeopleError: the id is that of a persona which is shared.
        """
        known = self._personas.get(person.id)
        if known and not known.spare:
            raise PeopleError(f"{person.id} is one of the kit's personas, which stay as they are; choose another id.")
        with self._lock:
            self._set({**self.own, person.id: person} if person.own else self.own, {person.id: person})

    def remove(self, person_id: str) -> None:
        """Remove one of one's own people.

        Raises:
            PeopleError: there is none of this id, or it is a persona.
        """
        with self._lock:
            if person_id not in self.own:
                why = "is a persona and stays" if person_id in self._personas else "is not known"
                raise PeopleError(f"{person_id!r:.80} {why}; people of your own are: {', '.join(self.own) or 'none'}.")
            self._gone[person_id] = self.own[person_id]
            self._set({known: person for known, person in self.own.items() if known != person_id}, {})

    def reset(self, own: Mapping[str, Person], personas: Mapping[str, Person] | None = None) -> None:
        """Have these people and no others, and the personas as they were.

        Parameters:
            own: the people of one's own.
            personas: personas that are changed all the same.
        """
        with self._lock:
            self._gone |= {person_id: person for person_id, person in self.own.items() if person_id not in own}
            self.own = dict(own)
            self.by_id = {**own, **self._personas, **(personas or {})}

    def _set(self, own: Mapping[str, Person], changed: Mapping[str, Person]) -> None:
        personas = {person_id: self.by_id[person_id] for person_id in self._personas}
        self.own = own
        self.by_id = {**own, **personas, **{person_id: p for person_id, p in changed.items() if not p.own}}
