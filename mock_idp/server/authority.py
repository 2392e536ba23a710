"""The mock's own certificate authority, and the certificates it issues.

Clients trust it because they are told to (``NODE_EXTRA_CA_CERTS`` and its like); it is never put into a
system's trust store. Its key nevertheless stays private to the user, since its owner can pretend to
be Google to every process that was started by ``mock-idp run``.
"""

import base64
import hashlib
import os
import ssl
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mock_idp.hosts import certificate_covers, fits_certificate, is_served
from mock_idp.server.errors import ServerError
from mock_idp.settings import MOST_ISSUED_NAMES

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1")
"""Names of this machine; the last one is an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2)."""

_CERTIFICATE_LIFE = timedelta(days=365)
_CLOCK_TOLERANCE = timedelta(days=1)


def make_private_directory(directory: Path) -> None:
    """Make a directory that only its owner can enter, unless it is there.

    Raises:
        EdgeError: it cannot be made or is no directory.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.chmod(0o700)
    except OSError as error:
        raise ServerError(
            f"The state directory {directory} cannot be used ({error.strerror}); "
            "set XDG_STATE_HOME to a directory you can write to."
        ) from error


def write_private_file(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read; readers see the old or the new content, never a part.

    Raises:
        EdgeError: it cannot be written.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ServerError(
            f"{path} cannot be written ({error.strerror}); set XDG_STATE_HOME to a directory you can write to."
        ) from error


class Authority:
    """A certificate authority that is kept in a directory and made there on first use.

    Two processes may start at the same time: the first makes the authority, the second takes it over. An
    authority that is expired or damaged is replaced.

    Parameters:
        directory: where it is kept, see :func:`mock_idp.settings.default_state_dir`.

    Raises:
        EdgeError: the directory cannot be used.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ca_file = self.directory / "ca.pem"
        """The authority's certificate alone, PEM: what clients need in order to trust the mock.

        It is also the whole bundle for variables that *replace* a client's trust store
        (``REQUESTS_CA_BUNDLE``, ``SSL_CERT_FILE``): real services are never called, so real authorities
        have no place in it.
        """
        self._key_file = self.directory / "ca-key.pem"
        make_private_directory(self.directory)
        with locked(self.directory / "lock"):
            self._ca = self._load() or self._make()

    def _load(self) -> trustme.CA | None:
        """Read the authority; None if it is missing, damaged or about to expire."""
        try:
            certificate = self.ca_file.read_bytes()
            key = self._key_file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ServerError(
                f"{self.directory} cannot be read ({error.strerror}); remove it or set XDG_STATE_HOME."
            ) from error
        try:
            parsed = x509.load_pem_x509_certificate(certificate)
            ca = trustme.CA.from_pem(certificate, key)
            # A certificate and a key of different makes would sign what nobody accepts.
            leaf = x509.load_pem_x509_certificate(ca.issue_cert("localhost").cert_chain_pems[0].bytes())
            leaf.verify_directly_issued_by(parsed)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return None
        return ca if parsed.not_valid_after_utc > datetime.now(UTC) + _CERTIFICATE_LIFE else None

    def _make(self) -> trustme.CA:
        ca = trustme.CA(organization_name="mock-idp", organization_unit_name="mock-idp of this user only")
        # The key first: a certificate without its key would be found damaged, which is mended, but a
        # client that read it meanwhile would trust an authority that never was.
        write_private_file(self._key_file, ca.private_key_pem.bytes())
        write_private_file(self.ca_file, ca.cert_pem.bytes())
        return ca

    @property
    def ca_pem(self) -> bytes:
        """The authority's certificate, PEM, as in ``ca_file``."""
        return self._ca.cert_pem.bytes()

    def spki_fingerprint(self) -> str:
        """Base64 of the SHA-256 of the authority's public key, for Chromium.

        ``--ignore-certificate-errors-spki-list`` accepts a chain if *any* certificate in it has a listed
        key. All chains end in the authority (see :meth:`server_context`), so this one value covers the
        certificates that are issued on demand too, and stays the same when the mock is restarted.
        """
        certificate = x509.load_pem_x509_certificate(self.ca_pem)
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")

    def server_context(self, host_names: Iterable[str]) -> ssl.SSLContext:
        """Make what a TLS listener needs.

        One certificate carries all host names it can, and the local ones (``localhost``, ``127.0.0.1``,
        ``::1``). A name that is served but that no certificate can carry as a pattern
        (``public-keys.auth.elb.*.amazonaws.com``) gets a certificate when a client asks for it.

        Parameters:
            host_names: host names and patterns (see :mod:`mock_idp.hosts`).

        Raises:
            EdgeError: a certificate cannot carry one of them.
        """
        patterns = tuple(dict.fromkeys([*LOCAL_NAMES, *(name.lower() for name in host_names)]))
        in_certificate = tuple(pattern for pattern in patterns if fits_certificate(pattern))
        context = self._context(in_certificate)
        issued: OrderedDict[str, ssl.SSLContext] = OrderedDict()

        def choose(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name is None:
                return
            name = name.lower()
            if any(certificate_covers(pattern, name) for pattern in in_certificate):
                return
            if not is_served(patterns, name):
                return  # the client gets the usual certificate and refuses it, as it should
            if name not in issued:
                if len(issued) >= MOST_ISSUED_NAMES:
                    issued.popitem(last=False)
                try:
                    issued[name] = self._context((name,))
                except ServerError:
                    return
            connection.context = issued[name]

        context.sni_callback = choose
        return context

    def _context(self, names: Iterable[str]) -> ssl.SSLContext:
        now = datetime.now(UTC)
        try:
            certificate = self._ca.issue_cert(
                *names,
                organization_name="mock-idp",
                not_before=now - _CLOCK_TOLERANCE,
                not_after=now + _CERTIFICATE_LIFE,
            )
        except ValueError as error:  # of idna, for a name that is none
            raise ServerError(f"A certificate cannot carry one of these host names: {error}.") from error
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Without it a browser may choose HTTP/2, which nobody here speaks (RFC 7301).
        context.set_alpn_protocols(["http/1.1"])
        # load_cert_chain() reads files only. The authority is sent along for spki_fingerprint()'s sake.
        chain = certificate.private_key_and_cert_chain_pem.bytes() + self.ca_pem
        descriptor, name = tempfile.mkstemp(dir=self.directory, prefix=".chain.", suffix=".pem")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(chain)
            context.load_cert_chain(name)  # Windows opens no file that is still open for writing
        finally:
            Path(name).unlink()
        return context


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes; it goes with the process that holds it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ServerError(
            f"{path} cannot be opened ({error.strerror}); set XDG_STATE_HOME to a directory you can write to."
        ) from error
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # tries for ten seconds, then raises OSError
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
