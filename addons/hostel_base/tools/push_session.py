"""A session for web push that reaches public hosts only.

Browsers name the address to which the server shall post, so it is input. Nobody may use it to make
the server talk to itself or to its neighbours: only https to a host name is taken, and the address
behind the name is checked on the connection itself, so no second answer of the DNS comes between.
"""

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

MAX_ENDPOINT_LENGTH = 1024
# Labels of letters, digits and hyphens, at least two; the last is no number. So no IP address in
# any notation, and no single word of the local network, is a host.
HOST = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
# Special-use names that no public service has (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal).
PRIVATE_SUFFIXES = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "home.arpa",
    "in-addr.arpa",
    "ip6.arpa",
    "test",
    "example",
    "onion",
)


# The push services of the browsers, as their vendors name them (November 2026).
KNOWN_SERVICES = (
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)


class PushRefusedError(Exception):
    """The endpoint is not a public https host."""


def check_endpoint(endpoint: object) -> str:
    """Judge the address that a browser names, without asking the DNS.

    :return: the endpoint
    :raises PushRefusedError: if it is not https to a public host name on the standard port
    """
    if not isinstance(endpoint, str) or not 0 < len(endpoint) <= MAX_ENDPOINT_LENGTH:
        raise PushRefusedError("not an address")
    if not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint or "\\" in endpoint:
        raise PushRefusedError("not an address")
    try:
        url = urlsplit(endpoint)
        port = url.port
    except ValueError:
        raise PushRefusedError("not an address") from None
    if url.scheme != "https" or url.username is not None or url.password is not None:
        raise PushRefusedError("not plain https")
    if port not in (None, 443):
        raise PushRefusedError("not the port of https")
    host = (url.hostname or "").rstrip(".")
    if not HOST.fullmatch(host):
        raise PushRefusedError("not a host name")
    if any(host == suffix or host.endswith(f".{suffix}") for suffix in PRIVATE_SUFFIXES):
        raise PushRefusedError("not a public host")
    return endpoint


def is_known_service(endpoint: str) -> bool:
    """Whether an endpoint belongs to a browser vendor's push service."""
    try:
        host = (urlsplit(check_endpoint(endpoint)).hostname or "").rstrip(".")
    except PushRefusedError:
        return False
    return any(host == name or host.endswith(f".{name}") for name in KNOWN_SERVICES)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public Internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return ip.is_global and not ip.is_multicast and (mapped is None or mapped.is_global)


class PushSession(requests.Session):
    """Posts to push services: no proxies, no redirects, no private addresses.

    :param ttl: for how many seconds the service keeps a message for a device that is off
    :param urgency: of RFC 8030: ``very-low``, ``low``, ``normal`` or ``high``
    :param allows: judge of the connected IP address
    """

    def __init__(
        self,
        *,
        ttl: int,
        urgency: str = "normal",
        allows: Callable[[str], bool] = is_public,
    ) -> None:
        super().__init__()
        self.own_headers = {"TTL": str(ttl), "Urgency": urgency}
        self.last_status: int | None = None
        # A proxy or a .netrc of the environment would carry the call past the check.
        self.trust_env = False
        self.adapters.clear()
        self.mount("https://", _PublicAdapter(allows))

    def request(self, method, url, **kwargs):  # type: ignore[no-untyped-def,override]
        self.last_status = None
        kwargs["allow_redirects"] = False
        kwargs["headers"] = {**(kwargs.get("headers") or {}), **self.own_headers}
        response = super().request(method, url, **kwargs)
        self.last_status = response.status_code
        return response


class _PublicAdapter(HTTPAdapter):
    def __init__(self, allows: Callable[[str], bool]) -> None:
        self.allows = allows
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        super().init_poolmanager(*args, **kwargs)
        allows = self.allows

        class Connection(HTTPSConnection):
            def _new_conn(self):  # type: ignore[no-untyped-def]
                sock = super()._new_conn()
                # Before the first byte of TLS: the peer is what counts, not what the DNS said.
                if not allows(sock.getpeername()[0]):
                    sock.close()
                    raise PushRefusedError("not a public address")
                return sock

        class Pool(HTTPSConnectionPool):
            ConnectionCls = Connection

        self.poolmanager.pool_classes_by_scheme = {"https": Pool}
