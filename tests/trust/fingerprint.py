"""What a machine looks like, as far as droplab could have changed it: equal before and after, or something was left."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from droplab.harness.errors import NodeLost
from droplab.harness.runtime import cgroups
from droplab.harness.runtime.node import NetnsNode

from .processes import running

GONE_WITHIN_S = 10.0
KEPT_FILES = frozenset({"host", "lock"})
"""The two files of a run folder that belong to no run."""
DOCKERS_LINKS = ("veth", "br-")
"""Names that the daemon gives to links in the machine's own network; droplab makes none there."""
VOLATILE_SYSCTLS = (
    *(f"/{name}" for name in DOCKERS_LINKS),
    "nf_conntrack_count",
    "/random/",
    "ns_last_pid",
    "/pty/nr",
    "stable_secret",
    "/fs/",
)

OF_THE_MACHINE = ("nf_conntrack_max",)
"""One value for all namespaces: somebody else may change it while a sweep plays the host in a network of its own."""

DOCKERS_MOUNTS = ("/run/docker/", "/var/lib/docker/")
"""The daemon's, for containers of others too; they come and go with those."""

Fingerprint = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Ground:
    """Where a sweep works. ``private``: in a PID namespace of its own, so that every process there counts.

    Otherwise the processes count whose environment names the run folder, and with ``docker`` the containers that
    carry its host id.
    """

    run_dir: Path
    private: bool
    docker: bool = False

    def fingerprint(self) -> Fingerprint:
        """Take it: some 50 ms, and 40 more for each network namespace."""
        self.remember()
        mark = None if self.private else f"DROPLAB_RUN_DIR={self.run_dir}\0".encode()
        found = {process.pid: str(process) for process in running(mark)}
        with NetnsNode("host", "/proc/self/ns/net") as host:
            seen = {
                "links": frozenset(_links(host)),
                "rulesets": frozenset(_rules(host)),
                "sysctls": frozenset(_sysctls(() if not self.private_network() else OF_THE_MACHINE)),
                "namespaces": frozenset(_namespaces(found, host)),
            }
        return {
            **seen,
            "processes": frozenset(found.values()),
            "mounts": frozenset(_mounts()),
            "cgroups": frozenset(_cgroups(self.runs_seen())),
            "containers": frozenset(_containers(self.run_dir) if self.docker else ()),
            "networks": frozenset(_networks() if self.docker else ()),
            "run files": frozenset(path.name for path in self.run_dir.iterdir() if path.name not in KEPT_FILES),
        }

    def private_network(self) -> bool:
        """Whether the ground's host has no network of the machine's, so that links and rules may be tried."""
        return os.environ.get("DROPLAB_TRUST_INSIDE") != "host"

    def runs_seen(self) -> frozenset[str]:
        """The ids of the runs that were ever seen in the run folder: ``remember`` notes them."""
        notes = self.run_dir.with_suffix(".seen")
        return frozenset(notes.read_text().split()) if notes.exists() else frozenset()

    def remember(self) -> None:
        """Note the runs that have a file now."""
        with self.run_dir.with_suffix(".seen").open("a") as notes:
            notes.writelines(f"{path.stem}\n" for path in self.run_dir.glob("*.jsonl"))

    def leftovers(
        self, before: Fingerprint, *, without: Sequence[str] = (), within_s: float = GONE_WITHIN_S
    ) -> list[str]:
        """What differs from ``before`` and does not become equal within so many seconds, one line each."""
        deadline = time.monotonic() + within_s
        while left := difference(before, self.fingerprint(), without):
            if time.monotonic() > deadline:
                return left
            time.sleep(0.2)
        return []


def difference(before: Fingerprint, after: Fingerprint, without: Sequence[str] = ()) -> list[str]:
    """What is there more (+) or no longer (-), one line each."""
    lines = []
    for section in before.keys() - set(without):
        lines += [f"{section}: + {what}" for what in sorted(after[section] - before[section])]
        lines += [f"{section}: - {what}" for what in sorted(before[section] - after[section])]
    return sorted(lines)


def _links(node: NetnsNode) -> Iterator[str]:
    for link in json.loads(node.run(("ip", "-json", "-details", "link")).stdout):
        if node.name != "host" or not link["ifname"].startswith(DOCKERS_LINKS):
            yield f"{link['ifname']} mtu {link['mtu']} {link.get('linkinfo', {}).get('info_kind', '')}"


def _rules(node: NetnsNode) -> Iterator[str]:
    """nftables without counters, and whether the old tables are in use."""
    yield from node.run(("nft", "-s", "list", "ruleset")).stdout.splitlines()
    for name in ("ip_tables_names", "ip6_tables_names"):
        yield from (f"{name} {line}" for line in _lines(f"/proc/net/{name}"))


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _sysctls(without: Sequence[str]) -> Iterator[str]:
    for top in ("/proc/sys/net", "/proc/sys/kernel", "/proc/sys/vm"):
        for folder, _, names in os.walk(top):
            for name in names:
                path = f"{folder}/{name}"
                if not any(word in path for word in (*VOLATILE_SYSCTLS, *without)):
                    yield f"{path} {' '.join(_lines(path))}"


def _namespaces(pids: Mapping[int, str], host: NetnsNode) -> Iterator[str]:
    """By cookie, with their links and rules: a neighbour's must not change either."""
    places = {}
    for pid in pids:
        try:
            places[str(Path(f"/proc/{pid}/ns/net").readlink())] = f"/proc/{pid}/ns/net"
        except OSError:
            continue
    places.pop(str(Path("/proc/self/ns/net").readlink()), None)
    for place in places.values():
        try:
            with NetnsNode("namespace", place) as node:
                if node.cookie != host.cookie:
                    yield f"{node.cookie}: {'; '.join([*sorted(_links(node)), *_rules(node)])}"
        except (NodeLost, OSError):
            continue


def _mounts() -> Iterator[str]:
    for line in _lines("/proc/self/mountinfo"):
        fields, _, source = line.partition(" - ")
        if not fields.split()[4].startswith(DOCKERS_MOUNTS):
            yield f"{fields.split()[4]} {source}"


def _cgroups(runs: frozenset[str]) -> Iterator[str]:
    for run in runs:
        yield from map(str, cgroups.find(run).folders)


def _containers(run_dir: Path) -> Iterator[str]:
    from droplab.harness.runtime.docker_daemon import connect

    host = run_dir / "host"
    if not host.exists():
        return
    client = connect()
    try:
        label = f"droplab.host={host.read_text().strip()}"
        for row in client.containers(all=True, filters={"label": label}):
            yield f"{row['Id'][:12]} {row['Names']}"
    finally:
        client.close()


def _networks() -> Iterator[str]:
    """Networks that carry a name of droplab's: others on the same daemon may come and go."""
    from droplab.harness.runtime.docker_daemon import connect

    client = connect()
    try:
        yield from (row["Name"] for row in client.networks() if "droplab" in row["Name"])
    finally:
        client.close()
