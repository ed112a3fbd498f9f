from __future__ import annotations

import pytest

from droplab.harness.probes.syn_flow import FEWEST_RESETS, MOST_RESETS, resets


@pytest.mark.parametrize(
    ("loss", "copies"), [(0, FEWEST_RESETS), (0.01, FEWEST_RESETS), (0.3, 6), (0.51, MOST_RESETS), (1, MOST_RESETS)]
)
def test_more_resets_under_more_loss(loss: float, copies: int) -> None:
    assert resets(loss) == copies
