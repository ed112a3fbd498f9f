"""A client that has used up its ephemeral ports."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from droplab.harness.contracts.change import Change, Question
from droplab.harness.contracts.fault import Fault, LooksLike, ProbeSpec, Signature
from droplab.harness.contracts.node import Node
from droplab.harness.contracts.trace import State
from droplab.harness.errors import UsageError

RANGE = "net.ipv4.ip_local_port_range"
# With SO_LINGER 0 the end of the program resets its connections: none is left in TIME-WAIT.
LEAK = (
    'while (!$!{{EADDRNOTAVAIL}}) {{ my $s = IO::Socket::INET->new("{server}"); '
    '$s ? $s->sockopt(SO_LINGER, pack "ii", 1, 0) && push @held, $s : $!{{EADDRNOTAVAIL}} || die "$@\\n" }} '
    "exit if fork; close $_ for STDIN, STDOUT, STDERR; sleep"
)


class EphemeralPorts(Fault):
    """A node's ephemeral ports are used up: a small range, and a program that opens connections and never closes one.

    connect(2) then fails at once with EADDRNOTAVAIL, and nothing is sent. Connections that have a port go on, so do
    raw SYNs, ping, and connections to another address or port.
    """

    needs: ClassVar = ("sysctl", "ss", "perl", "pgrep", "pkill", "pidwait")
    symptom: ClassVar = (
        "New connections to one server fail within a millisecond: Cannot assign requested address. ping and hping3 "
        "are well, the server sees nothing, other clients are served."
    )
    evidence: ClassVar = (
        "ss -tan: as many connections to the server as sysctl net.ipv4.ip_local_port_range has ports; ss -tanp names "
        "the program that holds them (or they are in TIME-WAIT)."
    )
    lookalike: ClassVar = (
        "No route or an unreachable one: fails at once too, but with another error, for ping as well, and ip route "
        "get shows it. Connection refused: the server answers with a RST."
    )
    remedy: ClassVar = "End or repair the program that leaks connections, and widen net.ipv4.ip_local_port_range."
    example: ClassVar = {"server": "nginx:80", "ports": 16}
    victim: ClassVar = "client"
    look: ClassVar = ("ss -tan", r"^(ESTAB|CLOSE-WAIT) .*:40015 ")
    looks_like: ClassVar = LooksLike("iptables_drop", {"chain": "OUTPUT", "protocol": "tcp"})

    server: str = Field(
        default="nginx:80",
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[1-9][0-9]{0,4}$",
        description="HOST:PORT that the ports are used up towards, the host a node name or an IPv4 address",
    )
    ports: int = Field(default=16, ge=2, le=500, description="how many ephemeral ports the node has")
    first: int = Field(default=40_000, ge=1024, le=65_000, description="the lowest of them")

    @property
    def last(self) -> int:
        """The highest ephemeral port."""
        return self.first + self.ports - 1

    def plan(self, node: Node) -> Change:
        """Narrow the range, then connect until no port is left. Raises UsageError for an unknown host."""
        host, port = self.server.split(":")
        address = host if re.fullmatch(r"[0-9.]+", host) else node.hosts.get(host)
        if address is None:
            raise UsageError(f"ephemeral_ports: {node.name} knows no {host}; it knows {', '.join(node.hosts)}")
        before = node.read("/proc/sys/net/ipv4/ip_local_port_range").split()
        leak = rf"[I]O::Socket::INET->new.\"{re.escape(address)}:{port}\""  # the brackets keep it from finding itself
        narrow = f'[ "$(sysctl -n {RANGE} | xargs)" = "{self.first} {self.last}" ]'
        return Change(
            apply=(
                ("sysctl", "-qw", f"{RANGE}={self.first} {self.last}"),
                ("perl", "-MErrno", "-MSocket", "-MIO::Socket::INET", "-e", LEAK.format(server=f"{address}:{port}")),
            ),
            present=Question(("sh", "-c", f"pgrep -f '{leak}' || {narrow}"), place="node"),
            revert=(
                ("sysctl", "-qw", f"{RANGE}={' '.join(before)}"),
                ("pkill", "-f", leak),
                ("pidwait", "-f", leak),
            ),
            timeout_s=30,
            place="node",
        )

    def signature(self) -> Signature:
        """A connection cannot even begin, while every port of the range is taken; raw SYNs need none of them."""
        used = self.ports // 2 * 2  # of an odd number connect(2) never tries the last (__inet_hash_connect)
        count = f"ss -tanH 'sport >= :{self.first} and sport <= :{self.last}' | wc -l"
        return Signature(
            trigger=ProbeSpec("http", "outcome", {"timeout_s": 1}, role="source"),
            traces=(State("all ephemeral ports in use", Question(("sh", "-c", f'[ "$({count})" -ge {used} ]'))),),
            spared=ProbeSpec("syn", "loss", {"count": 300}, role="source"),
            symptom="changes",
            becomes=("unreachable",),
        )
