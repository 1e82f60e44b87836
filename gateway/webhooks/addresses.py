"""Which addresses a gateway may call on somebody's word.

A webhook's address is written by a member of staff; without a guard it would let them reach into the network that the
gateway stands in. A name is looked up here, once, and the very address that was checked is connected to: a name that
means something else a moment later leads nowhere.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

Resolve = Callable[[str, int], Awaitable[list[str]]]

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


class Forbidden(Exception):
    """An address that may not be called. `code` says why: `plain`, `unknown_host`, `private`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Addresses:
    """Checks addresses.

    Args:
        plain: whether http is allowed beside https.
        private: whether addresses that are not of the public internet are allowed.
    """

    def __init__(self, *, plain: bool, private: bool, resolve: Resolve = look_up) -> None:
        self._plain = plain
        self._private = private
        self._resolve = resolve

    async def checked(self, url: str) -> tuple[httpx.URL, str]:
        """The address to connect to, by number, and the host's name for the `Host` header and the certificate.

        Raises:
            Forbidden: it may not be called; also when only one of the host's addresses may not.
        """
        parsed = httpx.URL(url)
        if parsed.scheme != "https" and not (self._plain and parsed.scheme == "http"):
            raise Forbidden("plain")
        try:
            port = parsed.port or (443 if parsed.scheme == "https" else 80)
            found = await self._resolve(parsed.host, port)
        except (OSError, UnicodeError) as error:
            raise Forbidden("unknown_host") from error
        if not found:
            raise Forbidden("unknown_host")
        if not self._private and not all(map(is_public, found)):
            raise Forbidden("private")
        return parsed.copy_with(host=found[0]), parsed.host


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, also where an IPv4 address is wrapped in an IPv6 one."""
    number = ip_address(address.partition("%")[0])
    if isinstance(number, IPv6Address):
        inner = _inside(number)
        if inner is not None:
            return is_public(str(inner))
    return number.is_global and not number.is_multicast and not number.is_reserved


def _inside(number: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if number.ipv4_mapped is not None:
        return number.ipv4_mapped
    if number.sixtofour is not None:
        return number.sixtofour
    if number.teredo is not None:
        return number.teredo[1]
    if any(number in network for network in _NAT64):
        return IPv4Address(int(number) & 0xFFFFFFFF)
    return None
