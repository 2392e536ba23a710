"""A user in GitHub's REST API, in the form that GitHub's OpenAPI description calls ``public-user``."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_idp.personas import Face

_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
"""Member -> what follows the user's own address; nothing of it is served here."""


def node_id(face: "Face") -> str:
    """The id of a user in GitHub's GraphQL API. It has letters of both cases: comparison must be exact."""
    letters = (chr(ord("a") + int(digit, 16)) for digit in face.digest[:8])
    return "U_kgDO" + "".join(letter.upper() if index % 2 else letter for index, letter in enumerate(letters))


def public_user(face: "Face", web_url: str, api_url: str) -> dict[str, Any]:
    """What ``GET /user`` says about somebody.

    Parameters:
        face: what GitHub knows about the persona.
        web_url: base URL of the pages.
        api_url: base URL of the API.
    """
    persona = face.persona
    url = f"{api_url}/users/{persona.login}"
    return {
        "login": persona.login,
        "id": face.number,
        "node_id": node_id(face),
        "avatar_url": persona.picture,
        "gravatar_id": "",
        "url": url,
        "html_url": f"{web_url}/{persona.login}",
        **{name: url + rest for name, rest in _LINKS.items()},
        "type": "User",
        "user_view_type": "public",
        "site_admin": False,
        "name": persona.name,
        "company": None,
        "blog": "",
        "location": None,
        # Only a public address is here, and GitHub lets nobody publish one that is not verified.
        "email": persona.email if persona.email_verified else None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "notification_email": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": "2019-05-04T08:15:42Z",
        "updated_at": "2026-05-04T08:15:42Z",
    }
