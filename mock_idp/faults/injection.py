"""Fault injection: which faults of a service and of a grant concern one request, and what they do to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from mock_idp.faults.catalogue import FAULTS
from mock_idp.faults.model import AppliedFault
from mock_idp.grants.store import GrantStore
from mock_idp.oauth.model import Answer, Endpoint, FaultSpec, Grant

FAULTS_OF_SERVICE = "of the service itself"
"""For whom the store counts a fault that belongs to no grant."""


@dataclass(frozen=True, slots=True)
class FaultInjection:
    """The faults that are applied to one request, in order.

    Parameters:
        applied: the faults with their complete parameters.
    """

    applied: tuple[AppliedFault, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the faults."""
        return tuple(applied.fault.id for applied in self.applied)

    @property
    def replaces_handler(self) -> bool:
        """Whether the vendor never sees the request."""
        return any(applied.fault.replaces_handler for applied in self.applied)

    def refuse(self) -> None:
        """Refuse before the vendor looks at the request.

        Raises:
            Refusal: a fault says so.
        """
        for applied in self.applied:
            refusal = applied.fault.refusal()
            if refusal:
                raise refusal

    def change(self, answer: Answer) -> Answer:
        """The answer after all faults, one after the other."""
        for applied in self.applied:
            answer = applied.fault.apply(answer, applied.parameters)
        return answer


def count_applied(
    store: GrantStore, of_service: Sequence[FaultSpec], grant: Grant | None, endpoint: Endpoint
) -> FaultInjection:
    """Find the faults that concern a request, and count each of them as applied once more.

    Parameters:
        store: counts how often a fault was applied; one that was often enough is left out.
        of_service: the faults of the service.
        grant: the grant the request belongs to, if it is known.
        endpoint: what is asked.
    """
    owners: list[tuple[str, Sequence[FaultSpec]]] = [(FAULTS_OF_SERVICE, of_service)]
    if grant:
        owners.append((grant.grant_id, grant.faults))
    applied = []
    for owner, specs in owners:
        for fault in FAULTS.concerning(specs, endpoint):
            if store.count_application(owner, fault.index, fault.parameters["times"]):
                applied.append(fault)
    return FaultInjection(tuple(applied))
