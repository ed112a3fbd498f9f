"""Rules of iptables, ip6tables, arptables, ebtables and nft, and of iptables-legacy, in the words of those tools.

What iptables wrote is printed by ``iptables-save``: nft's JSON says only {"xt": "statistic"} of such a match, so that
two rules with different probabilities would look equal. A table in which somebody mixed rules of nft with such ones is
printed by ``nft``, which has words for most of these matches but not for all.
"""

from __future__ import annotations

from collections.abc import Mapping

from droplab.harness.contracts.node import Node
from droplab.harness.engine.snapshot.model import Group, Section
from droplab.harness.engine.snapshot.nft_listing import tables_of_listing
from droplab.harness.engine.snapshot.nft_tables import nft_tables
from droplab.harness.engine.snapshot.normalise import EMPTY_CHAIN, IPTABLES_TABLES

SAVED_BY: Mapping[str, str] = {"ip": "iptables", "ip6": "ip6tables", "arp": "arptables", "bridge": "ebtables"}
LEGACY = (("iptables-legacy", "/proc/net/ip_tables_names"), ("ip6tables-legacy", "/proc/net/ip6_tables_names"))


def firewall(node: Node) -> Section:
    """Table to its rules. No command is run when the kernel says that there are no tables, which costs 0.2 ms."""
    left = nft_tables(node)
    found: dict[str, list[str]] = {}
    for family, tool in SAVED_BY.items():
        if any(family == its and name in IPTABLES_TABLES for its, name in left):
            saved = _saved(node, f"{tool}-nft-save")
            found.update({f"{tool} (table {name})": lines for name, lines in saved.items()})
            left -= {(family, name) for name in saved}
    if left:
        listing = node.run(["nft", "--stateless", "list", "ruleset"]).stdout
        listed = tables_of_listing(listing)
        found.update({f"nft (table {family} {name})": listed.get((family, name), []) for family, name in left})
    return _of_some_effect(found)


def legacy_firewall(node: Node) -> Section:
    """Table to its rules. Never asks the tool where the kernel has no table yet: asking alone would make one."""
    found: dict[str, list[str]] = {}
    for tool, names in LEGACY:
        try:
            made = node.read(names).split()
        except FileNotFoundError:
            continue
        if made:
            saved = _saved(node, f"{tool}-save")
            found.update({f"{tool} (table {name})": lines for name, lines in saved.items()})
    return _of_some_effect(found)


def _of_some_effect(found: Mapping[str, list[str]]) -> Section:
    """Without what accepts everything, and without iptables' tables that hold nothing else."""
    kept: dict[str, Group] = {}
    for table, lines in sorted(found.items()):
        if rules := [line for line in lines if not EMPTY_CHAIN.fullmatch(line)]:
            kept[table] = rules
    return kept


def _saved(node: Node, tool: str) -> dict[str, list[str]]:
    """Table to policies, chains and rules as `iptables -S` writes them, without tables that the tool cannot print."""
    tables: dict[str, list[str]] = {}
    table: list[str] = []
    for line in node.run([tool]).stdout.splitlines():
        if line.startswith("*"):
            table = tables.setdefault(line[1:], [])
        elif line.startswith(":"):
            chain, policy = line[1:].split()[:2]
            table.append(f"-N {chain}" if policy == "-" else f"-P {chain} {policy}")
        elif line and not line.startswith("#") and line != "COMMIT":
            table.append(line)
    return {name: sorted(lines, key=_chain) for name, lines in tables.items()}


def _chain(line: str) -> str:
    """The chain that a line of `iptables -S` is about. The order of chains says nothing, that of their rules does."""
    return line.split()[1]
