"""A complete example: `pip install droplab pytest`, then `sudo pytest` in this folder."""

import re
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parent / "lossmeter.py"


def lost(node, host):
    """How many connections lossmeter says were lost, and of how many."""
    said = node.run([sys.executable, str(TOOL), host.address])
    sent, answered = map(int, re.search(r"(\d+) sent, (\d+) answered", said.stdout).groups())
    return sent - answered, sent


@pytest.mark.droplab("48", seed=7, only=["drop_input"], set={"p_in": 0.3})
def test_reports_the_loss_that_is_there(lab):
    assert lab.truth.kind == "iptables_drop"
    assert lab.truth.agrees(*lost(lab.client, lab.nginx))


@pytest.mark.droplab("48")
def test_reports_nothing_on_a_healthy_network(healthy_lab):
    assert lost(healthy_lab.client, healthy_lab.nginx) == (0, 60)


def test_recovers_when_the_fault_is_gone(healthy_lab, inject):
    with inject(healthy_lab.nginx, "iptables_drop", chain="INPUT", probability=0.5):
        assert lost(healthy_lab.client, healthy_lab.nginx)[0] > 5
    assert lost(healthy_lab.client, healthy_lab.nginx)[0] == 0


@pytest.mark.droplab_tool("tools/lossmeter.yaml")
@pytest.mark.droplab_cases("link_down", "policy_drop", healthy=1, lookalikes=False)
def test_notices_what_it_should(tool, case):
    tool.watch(case).expect(alarm=case.real)
