"""Faults as checkboxes and fields on the sign-in page."""

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from mock_idp.faults.catalogue import FAULTS
from mock_idp.pages.colours import DARK_PAPER, LIGHT_PAPER, contrast, readable
from mock_idp.pages.fault_fields import read_choices
from mock_idp.settings import MOST_FIELDS
from mock_idp.vendors import vendors
from tests.mock_idp.conftest import World, form_of


def faults_page(world: World, **changes: Any) -> Any:
    page = world.decide(world.authorize(), decision="faults", **changes)
    assert page.status_code == 200, page.text
    return page


def test_the_list_is_that_of_the_control_api(github: World) -> None:
    text = faults_page(github).text
    for fault in github.http.get("/__idp/faults").json["faults"]:
        assert f'name="fault" value="{fault["id"]}"' in text
        for parameter in fault["parameters"]:
            if parameter["name"] != "at" or len(fault["at"]) > 1:
                assert f'name="{fault["id"]}.{parameter["name"]}"' in text


def test_it_comes_only_when_it_is_asked_for(github: World) -> None:
    assert 'name="fault"' not in github.authorize().text


def test_a_decision_keeps_what_was_chosen_before(github: World) -> None:
    text = faults_page(github, persona="twin-north", scope=["repo"]).text
    assert 'value="twin-north" checked' in text
    assert 'value="repo" checked' in text
    assert 'value="read:user">' in text


def test_chosen_faults_strike(github: World) -> None:
    page = faults_page(github)
    fields = {"fault": ["token-error"], "token-error.error": "temporarily_unavailable", "token-error.status": "503"}
    answer = github.decide(page, **fields)
    assert answer.status_code == 303, answer.text
    (grant,) = github.http.get("/__idp/grants").json["grants"]
    (fault,) = grant["faults"]
    assert (fault["fault"], fault["error"], fault["status"]) == ("token-error", "temporarily_unavailable", 503)


def test_fields_and_json_add_up(github: World) -> None:
    answer = github.decide(faults_page(github), fault=["json-null"], faults='["no-refresh-token"]')
    assert answer.status_code == 303
    (grant,) = github.http.get("/__idp/grants").json["grants"]
    assert [fault["fault"] for fault in grant["faults"]] == ["json-null", "no-refresh-token"]


def test_the_whole_form_fits_in_a_request(github: World) -> None:
    assert len(form_of(faults_page(github)).fields) < MOST_FIELDS - 100


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"fault": "explode"}, "There is no fault 'explode'"),
        ({"fault": "slow", "slow.seconds": "soon"}, "The parameter 'seconds' of slow is a number"),
        ({"fault": "slow", "slow.seconds": "-1"}, "a number of seconds"),
        ({"fault": "slow", "slow.seconds": "inf"}, "seconds"),
        ({"fault": "set", "set.members": "{"}, "JSON"),
        ({"fault": "content-type"}, "needs the parameter 'type'"),
    ],
)
def test_mistakes_are_told_in_a_sentence(github: World, fields: dict[str, str], sentence: str) -> None:
    answer = github.decide(github.authorize(), **fields)
    assert answer.status_code == 400
    assert sentence in answer.text.replace("&#39;", "'")


@pytest.mark.parametrize("fault", FAULTS.by_id.values(), ids=FAULTS.by_id)
def test_every_parameter_can_be_filled_in(fault: Any) -> None:
    samples = {
        "number": "1",
        "seconds": "1",
        "integer": "1",
        "status": "404",
        "headers": '{"X-A": "b"}',
        "object": '{"a": 1}',
        "objects": '[{"a": 1}]',
        "texts": '["a"]',
    }
    form = MultiDict([("fault", fault.id)])
    for parameter in fault.all_parameters:
        text = parameter.choices[0] if parameter.choices else samples.get(parameter.kind, "a")
        form.add(f"{fault.id}.{parameter.name}", text)
    (spec,) = read_choices(list(form.items(multi=True)))
    assert spec.fault == fault.id


@pytest.mark.parametrize("vendor", vendors().values(), ids=lambda vendor: vendor.id)
@pytest.mark.parametrize("paper", [LIGHT_PAPER, DARK_PAPER])
def test_accents_can_be_read(vendor: Any, paper: str) -> None:
    assert contrast(readable(vendor.accent, paper), paper) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert readable("#24292f", LIGHT_PAPER) == "#24292f", "what can be read stays as it is"
    assert readable("red", LIGHT_PAPER) == "red"
