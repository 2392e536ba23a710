"""Lets the faults of a grant and of its service strike at an endpoint."""

from collections.abc import Iterator, Sequence

from mock_idp.fault_catalogue import FAULTS
from mock_idp.faults import Strike
from mock_idp.oauth.model import Answer, Endpoint, FaultOrder, Grant
from mock_idp.service import FAULTS_OF_SERVICE, Service


class Strikes:
    """The faults that concern one request; making it counts them.

    Parameters:
        service: the service that is asked.
        grant: the grant the request belongs to, if it is known.
        endpoint: what is asked.
    """

    def __init__(self, service: Service, grant: Grant | None, endpoint: Endpoint) -> None:
        strikes = list(_counted(service, FAULTS_OF_SERVICE, service.faults, endpoint))
        if grant:
            strikes += _counted(service, grant.grant_id, grant.faults, endpoint)
        self._strikes: tuple[Strike, ...] = tuple(strikes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the faults that strike."""
        return tuple(strike.fault.id for strike in self._strikes)

    @property
    def replace_the_vendor(self) -> bool:
        """Whether the vendor never sees the request."""
        return any(strike.fault.is_instead for strike in self._strikes)

    def refuse(self) -> None:
        """Refuse before the vendor looks at the request.

        Raises:
            Refusal: a fault says so.
        """
        for strike in self._strikes:
            refusal = strike.fault.refusal()
            if refusal:
                raise refusal

    def change(self, answer: Answer) -> Answer:
        """The answer after all faults, one after the other."""
        for strike in self._strikes:
            answer = strike.fault.strike(answer, strike.parameters)
        return answer


def _counted(service: Service, owner: str, orders: Sequence[FaultOrder], endpoint: Endpoint) -> Iterator[Strike]:
    for strike in FAULTS.strikes(orders, endpoint):
        if service.ledger.count_strike(owner, strike.index, strike.parameters["times"]):
            yield strike
