"""A form is submitted as a browser would submit it untouched."""

import pytest

from conformance.driver.forms import read_form

PAGE = """
<form action="/search"><input name=q></form>
<form method="post" action="consent?x=1">
  <input type="hidden" name="request" value="r&amp;1">
  <input name="empty"><input name="plain" value="p"><input value="nameless">
  <input type="checkbox" name="scope" value="a" checked>
  <input type="checkbox" name="scope" value="b">
  <input type="CHECKBOX" name="scope" value="c" CHECKED=checked>
  <input type="radio" name="persona" value="one"><input type="radio" name="persona" value="two" checked>
  <input type="checkbox" name="bare" checked>
  <input name="off" value="x" disabled>
  <input type="submit" name="decision" value="allow"><button name="decision" value="deny">No</button>
  <input type="button" name="more" value="x"><input type="image" name="picture" value="x">
  <textarea name="remark">said</textarea><select name="one"><option>first<option selected>second</select>
</form>
<input name="outside" value="x">
"""


def test_form_with_the_field():
    form = read_form(PAGE, "https://idp.test/github/authorize?client_id=1", having="request")
    assert form is not None
    assert (form.method, form.action) == ("POST", "https://idp.test/github/consent?x=1")
    assert form.fields == [
        ("request", "r&1"),
        ("empty", ""),
        ("plain", "p"),
        ("scope", "a"),
        ("scope", "c"),
        ("persona", "two"),
        ("bare", "on"),
        ("remark", "said"),
        ("one", "second"),
    ]


def test_other_form_on_the_page():
    form = read_form(PAGE, "https://idp.test/x", having="q")
    assert form is not None
    assert (form.method, form.action, form.fields) == ("GET", "https://idp.test/search", [("q", "")])


@pytest.mark.parametrize("attributes", ["", 'action=""', 'method="" action'])
def test_form_without_action_goes_to_its_own_page(attributes):
    form = read_form(f"<form {attributes}><input name=a></form>", "https://idp.test/p?q=1", having="a")
    assert form is not None
    assert (form.method, form.action) == ("GET", "https://idp.test/p?q=1")


@pytest.mark.parametrize("html", ["", "<p>An error", '<input name="request">', "<form></form><input name=request>"])
def test_no_such_form(html):
    assert read_form(html, "https://idp.test/", having="request") is None
