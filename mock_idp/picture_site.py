"""Pictures of people who have none: their initials, drawn."""

import html
from typing import ClassVar

from mock_idp.emulation import Emulation, Route, ServiceRequest
from mock_idp.oauth.model import Answer, Encoding
from mock_idp.people import PICTURE_HOST, Person

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96" role="img">
<rect width="96" height="96" fill="hsl({hue} 45% 38%)"/>
<text x="48" y="50" fill="#fff" font-family="system-ui, sans-serif" font-size="40" font-weight="600"
 text-anchor="middle" dominant-baseline="middle">{initials}</text>
</svg>
"""
_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "max-age=300"),
)


class PictureSite(Emulation):
    """The website that has the pictures."""

    id = "pictures"
    title = "Pictures of people"
    hosts: ClassVar = {PICTURE_HOST: ""}
    routes = (Route("GET", "/<login>.png", "picture"),)

    def picture(self, request: ServiceRequest) -> Answer:
        """A picture; whatever the address ends with, it says what it is."""
        person = request.service.people.named(self.id, request.path_parameters["login"])
        if person is None:
            return self.not_found(request)
        return Answer(200, drawn(person), Encoding.TEXT, content_type="image/svg+xml", headers=_HEADERS)

    def not_found(self, request: ServiceRequest) -> Answer:
        """A picture that is not there."""
        return Answer(404, "There is no such picture.\n", Encoding.TEXT)


PICTURE_SITE = PictureSite()


def drawn(person: Person) -> str:
    """The picture of a person as SVG."""
    words = [word for word in (person.given_name, person.family_name) if word] or [person.id]
    initials = "".join(word[0].upper() for word in words)
    hue = person.account(PictureSite.id).number % 360
    return _SVG.format(hue=hue, initials=html.escape(initials))
