"""A REDIRECT to a port where nobody listens: the commands, and a port that is not dead is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.netfilter.redirect_dead_port import RedirectDeadPort
from droplab.harness.errors import UsageError
from tests.unit.faults.stand_in import plan, typed

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue\n"
ON_81 = "   0: 00000000:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234 1\n"
FROM_81 = ON_81.replace(" 0A ", " 01 ")
ON_81_OF_IPV6 = ON_81.replace("00000000:0051 00000000:0000", f"{'0' * 32}:0051 {'0' * 32}:0000")


def test_the_commands() -> None:
    change = plan(RedirectDeadPort(port=80, to=81), {}, {"/proc/net/tcp": HEAD + FROM_81, "/proc/net/tcp6": HEAD})
    rule = "PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 81"
    assert typed(change.apply) == [f"iptables -t nat -A {rule}"]
    assert " ".join(change.present.argv) == f"iptables -t nat -C {rule}"
    assert typed(change.revert) == [
        f"iptables -t nat -D {rule}",
        "conntrack -D -p tcp --orig-port-dst 80 --reply-port-src 81",
    ]


@pytest.mark.parametrize(("tcp", "tcp6"), [(ON_81, ""), ("", ON_81_OF_IPV6)])
def test_a_port_that_answers_is_no_dead_port(tcp: str, tcp6: str) -> None:
    with pytest.raises(UsageError, match="port 81 of web is not dead"):
        plan(RedirectDeadPort(), {}, {"/proc/net/tcp": HEAD + tcp, "/proc/net/tcp6": HEAD + tcp6})


def test_a_kernel_without_ipv6() -> None:
    assert plan(RedirectDeadPort(), {}, {"/proc/net/tcp": HEAD}).apply


@pytest.mark.parametrize(("field", "value"), [("port", 0), ("to", 65536)])
def test_out_of_bounds(field: str, value: int) -> None:
    with pytest.raises(ValidationError, match=field):
        RedirectDeadPort.model_validate({field: value})


def test_nonsense() -> None:
    with pytest.raises(ValidationError, match="another port"):
        RedirectDeadPort(port=81)
