"""Run with ``make bench``; ``ARGS=--quick`` for fewer repetitions, ``ARGS=--starts`` for the starts alone.

It fails when a target was missed, unless it shall only ``--show``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from droplab.harness.cli import collect_seldom
from droplab.harness.contracts.measurement import Proportion
from droplab.harness.definition.catalogue import Catalogue, find_lab
from droplab.harness.definition.loader import load
from droplab.harness.engine.clean import runtime_named
from droplab.harness.runtime.contract import Lifetime, Provisioned, Runtime

from . import floor
from .sampling import Row, Sample, draw, milliseconds, process, repeat

DROPLAB = (sys.executable, "-m", "droplab")
IMAGE = "droplab-lab:1"
PROBES = 20_000
REST_S = 0.3
"""Between two starts: the kernel takes the namespaces of the one before apart when nobody waits any more."""


class Bench:
    """One lab definition, both runtimes."""

    def __init__(self, *, quick: bool) -> None:
        self.lab = load(find_lab("48"), seed=1)
        self.catalogue = Catalogue()
        self.netns = runtime_named("netns")
        self.few, self.many = (2, 5) if quick else (5, 20)
        self._next = 0

    @cached_property
    def docker(self) -> list[Runtime]:
        """The docker runtime, if there is one. Not loaded before the netns starts: a fork copies what is loaded."""
        docker = runtime_named("docker")
        return [] if docker.missing(self.lab) else [docker]

    def up(self, runtime: Runtime) -> tuple[Provisioned, float]:
        """A lab, and the seconds until its first HTTP 200."""
        self._next += 1
        http = self.lab.probes["http"].probe
        began = time.perf_counter()
        live = runtime.provision(self.lab, f"bench{self._next:03}", Lifetime())
        outcome = http.measure(live.nodes["client"]).values["outcome"]
        took = time.perf_counter() - began
        if outcome != "ok":
            raise RuntimeError(f"the fresh lab answers {outcome}")
        return live, took

    def start(self, runtime: Runtime) -> float:
        """Seconds to the first 200; the teardown is not counted."""
        live, took = self.up(runtime)
        live.close()
        return took

    def starts(self) -> Iterator[Row]:
        """From nothing to the first 200, against the floor and against Docker."""
        folder = Path(tempfile.mkdtemp(prefix="droplab-bench-"))
        folder.chmod(0o755)
        bare = repeat("bare floor", self.many, lambda: floor.bare(folder), REST_S)
        shutil.rmtree(folder)
        yield Row("floor: two namespaces, a veth, nginx listening", milliseconds(bare), "", True)
        netns = repeat("netns lab", self.many, lambda: self.start(self.netns), REST_S)
        ratio = netns.median / bare.median
        yield Row("netns lab, nothing to first HTTP 200", milliseconds(netns), "", True)
        yield Row("  against the floor", f"{ratio:.1f} times", "at most 6", ratio <= 6)
        for docker in self.docker:
            yield from self._docker_starts(docker, netns)

    def _docker_starts(self, runtime: Runtime, netns: Sample) -> Iterator[Row]:
        docker = repeat("docker lab", self.few, lambda: self.start(runtime), REST_S)
        hand = repeat("docker by hand", self.few, lambda: floor.docker_by_hand(IMAGE, str(time.time_ns())), REST_S)
        for name, sample, least in (
            ("our docker runtime", docker, 6),
            ("docker network create + 2 docker run", hand, 12),
        ):
            ratio = sample.median / netns.median
            yield Row(name, milliseconds(sample), "", True)
            yield Row("  the netns lab is faster by", f"{ratio:.1f} times", f"at least {least}", ratio >= least)

    def memory(self) -> Row:
        """Proportional set size of every process that one more netns lab brings."""
        live, _ = self.up(self.netns)
        before = _processes()
        more, _ = self.up(self.netns)
        kib = sum(_pss_kib(pid) for pid in _processes() - before)
        more.close()
        live.close()
        return Row("memory of a netns lab (PSS)", f"{kib / 1024:.2f} MiB", "5 MB", kib * 1024 <= 5e6)

    def injections(self) -> Iterator[Row]:
        """Planning and applying a fault, without its proof."""
        live, _ = self.up(self.netns)
        for use in list(self.lab.faults.values())[1:]:
            node = live.nodes[use.node]

            def once() -> float:
                began = time.perf_counter()
                change = use.fault.plan(node)  # noqa: B023 (called within the loop)
                for argv in change.apply:
                    node.run(argv)  # noqa: B023
                took = time.perf_counter() - began
                for argv in change.revert:
                    node.run(argv)  # noqa: B023
                return took

            sample = repeat(f"inject {use.kind}", self.many, once)
            yield Row(f"inject {use.kind}, no proof", milliseconds(sample), "under 10 ms", sample.median < 0.010)
        live.close()

    def probes(self, runtime: Runtime) -> Iterator[Row]:
        """SYN probes under 30 % in and 30 % out: rate, truth, cookies."""
        live, _ = self.up(runtime)
        server, client = live.nodes["nginx"], live.nodes["client"]
        for chain in ("INPUT", "OUTPUT"):
            rule = ("-m", "statistic", "--mode", "random", "--probability", "0.3", "-j", "DROP")
            server.run(("iptables", "-A", chain, *rule))
        syn = self.catalogue.probe("syn")(target="nginx:80", count=PROBES)
        print(f"{PROBES} SYN probes on {runtime.name} ...", file=sys.stderr)
        measured = syn.measure(client)
        from droplab.harness.contracts.trace import KernelCounter

        cookies = KernelCounter("TcpExt", "SyncookiesSent").read(server, client)
        live.close()
        rate = PROBES / measured.duration_s
        loss = measured.values["loss"]
        assert isinstance(loss, Proportion)
        yield Row(f"SYN probes on {runtime.name}, 30 % + 30 %", f"{rate:.0f} a second", "at least 7000", rate >= 7000)
        yield Row("  loss", f"{loss.estimate:.4f}", "0.510 ± 0.015", abs(loss.estimate - 0.51) <= 0.015)
        yield Row("  SYN cookies caused", str(cookies), "0", cookies == 0)

    def processes(self) -> Iterator[Row]:
        """Whole processes, as a person waits for them."""
        netns = repeat("droplab run 48", self.few, lambda: process((*DROPLAB, "run", "48", "--runtime", "netns")))
        yield Row("droplab run 48 on netns", milliseconds(netns), "at most 7 s", netns.median <= 7)
        for _ in self.docker:
            docker = repeat("... docker", self.few, lambda: process((*DROPLAB, "run", "48", "--runtime", "docker")))
            more = docker.median - netns.median
            yield Row("droplab run 48 on docker", milliseconds(docker), "at most 3 s more", more <= 3)
        for words in (("list",), ("--help",)):
            sample = repeat(f"droplab {words[0]}", self.many, lambda words=words: process((*DROPLAB, *words)))  # type: ignore[misc]
            yield Row(f"droplab {words[0]}", milliseconds(sample), "under 150 ms", sample.median < 0.150)


def _processes() -> set[int]:
    return {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}


def _pss_kib(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def main() -> int:
    """Measure everything; 1 when a target was missed."""
    collect_seldom()  # as every droplab process
    bench = Bench(quick="--quick" in sys.argv)
    if "--starts" in sys.argv:
        return verdict([*bench.starts()])
    rows = [*bench.starts(), bench.memory(), *bench.injections()]
    for runtime in (bench.netns, *bench.docker):
        rows += bench.probes(runtime)
    rows += bench.processes()
    return verdict(rows)


def verdict(rows: Sequence[Row]) -> int:
    """Show the table; 1 when a target was missed."""
    draw(rows)
    return int("--show" not in sys.argv and not all(row.reached for row in rows))


sys.exit(main())
