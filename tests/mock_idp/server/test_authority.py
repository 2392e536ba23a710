import base64
import hashlib
import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from mock_idp.server.authority import Authority
from mock_idp.server.errors import ServerError


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def shake_hands(server_context, client_context, name):
    """A handshake in memory; gives the certificate the client accepted."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    waiting = [client, server]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
    return client.getpeercert()


@pytest.fixture
def trusting(authority):
    return ssl.create_default_context(cafile=authority.ca_file)


def test_only_its_owner_can_read_the_authority(tmp_path):
    directory = tmp_path / "deep" / "state"
    Authority(directory)
    assert mode(directory) == 0o700
    files = {path.name: mode(path) for path in directory.iterdir()}
    assert files == {"ca.pem": 0o600, "ca-key.pem": 0o600, "lock": 0o600}


def test_authority_is_kept(tmp_path):
    first, second = Authority(tmp_path), Authority(tmp_path)
    assert first.ca_pem == second.ca_pem == first.ca_file.read_bytes()
    assert first.spki_fingerprint() == second.spki_fingerprint()


def test_processes_that_start_at_the_same_time_agree(tmp_path):
    program = (
        "import pathlib, sys; from mock_idp.server.authority import Authority; sys.stdin.read();"
        "print(Authority(pathlib.Path(sys.argv[1])).spki_fingerprint())"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program, tmp_path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for racer in racers:
        racer.stdin.close()
        racer.stdin = None  # communicate() would want to flush it
    fingerprints = {racer.communicate(timeout=30)[0].strip() for racer in racers}
    assert fingerprints == {Authority(tmp_path).spki_fingerprint()}


def replace_with_expired(directory):
    ca = trustme.CA.from_pem((directory / "ca.pem").read_bytes(), (directory / "ca-key.pem").read_bytes())
    old = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
    builder = x509.CertificateBuilder(
        subject_name=old.subject,
        issuer_name=old.issuer,
        public_key=old.public_key(),
        serial_number=old.serial_number,
        not_valid_before=datetime(2020, 1, 1, tzinfo=UTC),
        not_valid_after=datetime.now(UTC) - timedelta(days=1),
        extensions=list(old.extensions),
    )
    key = load_pem_private_key((directory / "ca-key.pem").read_bytes(), None)
    (directory / "ca.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))


def cut_the_key(directory):
    (directory / "ca-key.pem").write_bytes(b"-----BEGIN EC PRIVATE KEY-----\nxx")


def swap_the_key(directory):
    (directory / "ca-key.pem").write_bytes(trustme.CA().private_key_pem.bytes())


def lose_the_key(directory):
    (directory / "ca-key.pem").unlink()


def empty_the_certificate(directory):
    (directory / "ca.pem").write_bytes(b"")


@pytest.mark.parametrize(
    "damage", [replace_with_expired, cut_the_key, swap_the_key, lose_the_key, empty_the_certificate]
)
def test_expired_or_damaged_authority_is_remade(tmp_path, damage):
    old = Authority(tmp_path)
    damage(tmp_path)
    new = Authority(tmp_path)
    assert new.spki_fingerprint() != old.spki_fingerprint()
    assert Authority(tmp_path).ca_pem == new.ca_pem
    trusting = ssl.create_default_context(cafile=new.ca_file)
    assert shake_hands(new.server_context(["a.example"]), trusting, "a.example")


def test_state_directory_that_is_a_file_is_named(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(ServerError, match=r"The state directory .*state cannot be used .*XDG_STATE_HOME"):
        Authority(tmp_path / "state")


@pytest.mark.parametrize("name", ["accounts.google.com", "acme.auth0.com", "localhost", "127.0.0.1", "::1"])
def test_one_certificate_is_good_for_all_known_names(authority, trusting, name):
    context = authority.server_context(["accounts.google.com", "*.auth0.com"])
    names = {value for _, value in shake_hands(context, trusting, name)["subjectAltName"]}
    local = {"localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "0:0:0:0:0:FFFF:7F00:1"}
    assert names == {"accounts.google.com", "*.auth0.com", *local}


@pytest.mark.parametrize(
    "name", ["public-keys.auth.elb.eu-west-1.amazonaws.com", "acme.eu.auth0.com", "Acme.EU.auth0.com"]
)
def test_name_beyond_a_wildcard_gets_its_own_certificate(authority, trusting, name):
    context = authority.server_context(["public-keys.auth.elb.*.amazonaws.com", "*.auth0.com"])
    assert shake_hands(context, trusting, name)["subjectAltName"] == (("DNS", name.lower()),)


@pytest.mark.parametrize("name", ["accounts.google.org", "auth0.com", "xpublic-keys.auth.elb.a.amazonaws.com"])
def test_name_that_is_not_served_gets_no_certificate(authority, trusting, name):
    context = authority.server_context(["accounts.google.com", "*.auth0.com", "public-keys.auth.elb.*.amazonaws.com"])
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        shake_hands(context, trusting, name)


def test_only_http_1_is_offered(authority, trusting):
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    context = authority.server_context(["a.example"])
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server, server_hostname="a.example")
    server = context.wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    client.do_handshake()
    assert client.selected_alpn_protocol() == "http/1.1"


def test_fingerprint_is_that_of_the_last_certificate_of_each_chain(authority, listeners):
    # What a browser is sent, as it sees it: s_client would print the same chain.
    certificate = x509.load_pem_x509_certificate(authority.ca_pem)
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert base64.b64decode(authority.spki_fingerprint()) == hashlib.sha256(key).digest()
    assert listeners.describe()["spki"] == authority.spki_fingerprint()
    port = listeners.urls["tls"].rpartition(":")[2]
    shown = subprocess.run(
        ["openssl", "s_client", "-showcerts", "-connect", f"127.0.0.1:{port}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    ).stdout
    assert authority.ca_pem.decode().strip() in shown
