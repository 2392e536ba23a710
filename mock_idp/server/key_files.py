"""The keys with which services begin, kept from one run to the next.

A backend fetches an issuer's keys once a minute at most (OIDCPROV-17), so a mock that came back with other keys would
refuse every user for a while. Keys after a rotation are not kept: a backend must not know them from an earlier run.
"""

from pathlib import Path
from urllib.parse import quote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from mock_idp.keys import new_key
from mock_idp.public_keys import PrivateKey
from mock_idp.server.authority import locked, make_private_directory, write_private_file
from mock_idp.server.errors import ServerError


class KeyFiles:
    """A directory of private keys that only its owner can read; several mocks may use it at the same time.

    Parameters:
        directory: where they are, made when the first key is.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, owner: str, algorithm: str) -> PrivateKey:
        """The first key of an owner for an algorithm, made if there is none, or none that can be read.

        Raises:
            ServerError: the directory cannot be used.
        """
        path = self._directory / f"{quote(owner, safe='')}.{algorithm}.pem"
        found = _read(path)
        if found is not None:
            return found
        make_private_directory(self._directory)
        with locked(self._directory / "lock"):
            # Another process may have made it meanwhile.
            found = _read(path)
            if found is None:
                found = new_key(algorithm)
                content = found.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                write_private_file(path, content)
            return found


def _read(path: Path) -> PrivateKey | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ServerError(f"{path} cannot be read ({error.strerror}); remove it or set XDG_STATE_HOME.") from error
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None
