"""Search everything that the target answered for what must not be there."""

from typing import Any, ClassVar
from urllib.parse import unquote_plus

from pydantic import Field

from conformance.driver.leak_encodings import encodings_of
from conformance.driver.wire import HttpExchange, origin_of
from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, Step


class SearchAnswers(Step):
    """Look for texts in every answer that the target has given in this case so far.

    Header fields and bodies are searched for the texts as they are, percent-encoded (once or twice), escaped as in
    JSON, in hexadecimal and in base64. Observes ``answers`` (how many were searched) and ``found``: a list of ``name``
    (which text), ``answer`` (its number in the transcript) and ``place`` (``body`` or the name of a header field).
    """

    action: ClassVar[str] = "search_answers"
    observes: ClassVar[Shape] = shape_of("answers", "found")
    texts: dict[str, str] = Field(min_length=1)
    """name -> text; the name is what reports show."""
    but_in: list[str] = []
    """names of header fields, in lower case, in which they may stand."""

    def play(self, context: CaseContext) -> Observation:
        """Search; nothing is sent."""
        target = origin_of(context.target.auth_url)
        answers = [
            (number, exchange)
            for number, exchange in enumerate(context.transcript.exchanges, start=1)
            if exchange.response is not None and origin_of(exchange.request.url) == target
        ]
        forms = {name: encodings_of(text) for name, text in self.texts.items()}
        found = [
            {"name": name, "answer": number, "place": place}
            for number, exchange in answers
            for place, content in _places(exchange)
            for name, wanted in forms.items()
            if place not in self.but_in and any(form in content for form in wanted)
        ]
        return {"answers": len(answers), "found": found}


def _places(exchange: HttpExchange) -> list[tuple[str, str]]:
    """The parts of an answer, each as it is and with one percent-encoding undone."""
    response = exchange.response
    if response is None:
        return []
    parts: list[tuple[str, Any]] = [(name.lower(), value) for name, value in response.headers]
    parts.append(("body", response.body.decode("utf-8", "replace")))
    return [(place, f"{content}\n{unquote_plus(content)}") for place, content in parts]
