from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.ip.no_return_route import NoReturnRoute
from droplab.harness.contracts.trace import KernelCounter, State
from droplab.harness.errors import UsageError

from .answers import Answers, words

SHOW = "ip -o -4 route show"
DEFAULT = "default via 198.18.60.1 dev eth0 proto static "
CONNECTED = "198.18.60.0/24 dev eth0 proto kernel scope link src 198.18.60.2 "
NODE = Answers(
    {
        SHOW: f"{DEFAULT}\n{CONNECTED}\n198.18.61.0/24 via 198.18.60.1 dev eth0 linkdown\n",
        f"{SHOW} exact default": f"{DEFAULT}\n",
        f"{SHOW} exact 198.18.60.3/32": "",
        f"{SHOW} proto kernel scope link": f"{CONNECTED}\n",
    },
    hosts={"client": "198.18.60.254"},
)
BACK = "ip route replace default via 198.18.60.1 dev eth0 proto static"


def test_missing_takes_every_route_by_a_gateway_away() -> None:
    change = NoReturnRoute().plan(NODE)
    assert words(change) == (
        [
            "ip route del default via 198.18.60.1 dev eth0 proto static",
            "ip route del 198.18.61.0/24 via 198.18.60.1 dev eth0",
        ],
        ["ip route replace 198.18.61.0/24 via 198.18.60.1 dev eth0", BACK],
    )


@pytest.mark.parametrize("form", ["unreachable", "blackhole", "prohibit"])
def test_a_route_that_refuses_takes_the_place(form: str) -> None:
    change = NoReturnRoute.model_validate({"form": form, "to": "default"}).plan(NODE)
    assert words(change) == ([f"ip route replace {form} default"], [BACK])


def test_a_route_that_refuses_beside_the_others_is_deleted_again() -> None:
    change = NoReturnRoute(form="prohibit", to="198.18.60.3/32").plan(NODE)
    assert words(change) == (["ip route replace prohibit 198.18.60.3"], ["ip route del prohibit 198.18.60.3"])
    assert change.original is None


def test_the_wrong_gateway_is_the_highest_address_that_nobody_has() -> None:
    change = NoReturnRoute(form="gateway", to="default").plan(NODE)
    assert change.words() == ["ip route replace default via 198.18.60.253 dev eth0 proto static"]
    given = NoReturnRoute(form="gateway", to="default", gateway="198.18.60.9").plan(NODE)
    assert given.words() == ["ip route replace default via 198.18.60.9 dev eth0 proto static"]


def test_presence_tells_a_missing_route_from_one_that_is_there() -> None:
    present = NoReturnRoute(to="default").plan(NODE).present
    shown = "ip -o route show exact default"
    assert present.holds(Answers({shown: ""}))
    assert not present.holds(Answers({shown: DEFAULT}))


def test_another_gateway_that_begins_alike_is_another_route() -> None:
    original = NoReturnRoute(to="default").plan(NODE).original
    assert original is not None
    shown = "ip -o route show exact default"
    assert original.holds(Answers({shown: DEFAULT.replace("proto", "linkdown proto")}))
    assert not original.holds(Answers({shown: DEFAULT.replace("60.1 ", "60.11 ")}))


def test_a_node_without_such_a_route_is_refused() -> None:
    with pytest.raises(UsageError, match="no route by a gateway"):
        NoReturnRoute().plan(Answers({SHOW: CONNECTED}))


@pytest.mark.parametrize(
    "parameters",
    [
        {"to": "client"},
        {"to": "198.18.60.3/24"},
        {"to": "300.1.1.1/32"},
        {"form": "lost"},
        {"gateway": "198.18.60.9"},
        {"form": "gateway", "gateway": "router"},
    ],
)
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NoReturnRoute.model_validate(parameters)


def test_a_wrong_gateway_is_traced_by_its_silence() -> None:
    assert NoReturnRoute().signature().traces == (KernelCounter("Ip", "OutNoRoutes"),)
    assert isinstance(NoReturnRoute(form="gateway").signature().traces[0], State)
