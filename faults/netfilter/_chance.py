"""A random share, or every n-th packet: in the words of xt_statistic, and how many probes show it."""

from __future__ import annotations

import re

from droplab.harness.contracts.change import Argv

RESOLUTION = 2**31  # xt_statistic keeps a probability as a fraction of 2^31 and prints eleven digits of it


def chance_words(probability: float | None, every: int | None = None) -> Argv:
    """The match, as typed. Nothing when neither is given."""
    if probability is not None:
        share = f"{probability:.9f}".rstrip("0")
        return ("-m", "statistic", "--mode", "random", "--probability", share + "0" * share.endswith("."))
    if every is not None:
        return ("-m", "statistic", "--mode", "nth", "--every", str(every), "--packet", "0")
    return ()


def chance_pattern(probability: float | None, every: int | None = None) -> str:
    """The match, as iptables-save prints it."""
    if probability is not None:
        return rf"--probability {re.escape(f'{round(probability * RESOLUTION) / RESOLUTION:.11f}')}"
    return rf"--every {every}\b" if every is not None else ""


def probes_to_show(probability: float | None, every: int | None = None) -> int:
    """Enough that two exact intervals at error 5e-7 are disjoint even when 30 % is lost already.

    Each interval is about 5 * 0.5 / sqrt(n) wide on a side, and the estimates scatter: n = (8.5 / rise)^2.
    """
    share = probability if probability is not None else 1 / (every or 1)
    return min(max(300, int((8.5 / (0.7 * share)) ** 2)), 20_000)
