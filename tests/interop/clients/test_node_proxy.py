"""Real clients of other languages, under the environment that ``mock-idp env`` prints."""

import json
import os
import subprocess

import pytest

from mock_idp.cli.client_environment import client_environment
from mock_idp.server.authority import Authority
from mock_idp.server.listeners import Listeners
from tests.interop.backstage.node import find_node


def tiny_app(environ, start_response):
    body = json.dumps({"scheme": environ["wsgi.url_scheme"], "host": environ["HTTP_HOST"]}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def client_variables(tmp_path):
    authority = Authority(tmp_path / "state")
    patterns = ["accounts.google.com", "public-keys.auth.elb.*.amazonaws.com"]
    with Listeners(
        tiny_app,
        host="127.0.0.1",
        http_port=0,
        tls_port=0,
        proxy_port=0,
        authority=authority,
        host_patterns=patterns,
    ) as listeners:
        yield {**os.environ, **client_environment(listeners.urls, authority.ca_file), "IDP": listeners.urls["http"]}


def run_node(program, variables):
    # Without Node 24 this is an error, not a skip: the proxy variables are there for its sake.
    done = subprocess.run(
        [find_node(), "--input-type=module", "-e", program],
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("host", ["accounts.google.com", "public-keys.auth.elb.eu-west-1.amazonaws.com"])
def test_fetch_reaches_a_vendor_by_name(client_variables, host):
    program = f"console.log(await (await fetch('https://{host}/')).text())"
    assert run_node(program, client_variables) == {"scheme": "https", "host": host}


def test_https_module_reaches_a_vendor_by_name(client_variables):
    # What libraries older than fetch() use: openid-client, passport strategies.
    program = """
        import https from 'node:https';
        https.get('https://accounts.google.com/', r => r.on('data', d => process.stdout.write(d)));
    """
    assert run_node(program, client_variables)["host"] == "accounts.google.com"


def test_fetch_reaches_the_plain_face_directly(client_variables):
    program = "console.log(await (await fetch(process.env.IDP + '/github/')).text())"
    assert run_node(program, client_variables)["scheme"] == "http"


def test_fetch_is_refused_other_hosts(client_variables):
    program = """
        const error = await fetch('https://www.example.org/').catch(e => e);
        let text = '';
        for (let e = error; e; e = e.cause) text += String(e.message) + ' ';
        console.log(JSON.stringify(text));
    """
    assert "403" in run_node(program, client_variables)
