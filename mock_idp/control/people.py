"""The control API: who can sign in."""

from typing import Any

from mock_idp.control.descriptions import describe_person
from mock_idp.control.members import ControlError, read_json
from mock_idp.control.operations import Operations, listing, no_content, ref
from mock_idp.idp import Idp
from mock_idp.people import Person
from mock_idp.settings import MOST_PEOPLE
from mock_idp.setup.shapes import PERSON, PERSON_CHANGE, changed_person, read_person


def add(operations: Operations, idp: Idp) -> None:
    """Add operations on people."""

    @operations.route(
        "GET", "/people", "All people who can sign in, own people first.", answer=listing("people", ref("Person"))
    )
    def list_people() -> Any:
        return {"people": [describe_person(person) for person in idp.people.by_id.values()]}

    @operations.route("POST", "/people", "Add a person.", body=PERSON, status=201, answer=ref("Person"))
    def create_person() -> Any:
        person = read_person(read_json())
        if person.id in idp.people.by_id:
            raise ControlError(f"There is a person {person.id!r} already.", 409)
        if len(idp.people.own) >= MOST_PEOPLE:
            raise ControlError(f"There are {MOST_PEOPLE} people, which is the most there can be.")
        idp.people.put(person)
        return describe_person(person), 201

    @operations.route("GET", "/people/<person_id>", "One person.", answer=ref("Person"))
    def person(person_id: str) -> Any:
        return describe_person(_find_person(idp, person_id))

    @operations.route("PATCH", "/people/<person_id>", "Change a person.", body=PERSON_CHANGE, answer=ref("Person"))
    def change_person(person_id: str) -> Any:
        changed = changed_person(_find_person(idp, person_id), read_json())
        idp.people.put(changed)
        return describe_person(changed)

    @operations.deleting("/people/<person_id>", "Remove a person, and revoke the person's grants.")
    def delete_person(person_id: str) -> Any:
        _find_person(idp, person_id)
        idp.applied.remove_person(person_id)
        return no_content()


def _find_person(idp: Idp, person_id: str) -> Person:
    person = idp.people.by_id.get(person_id)
    if person is None:
        raise ControlError(f"There is no person {person_id!r:.80}.", 404)
    return person
