"""A fingerprint that sees nothing would make every sweep green: leave something of each kind and look."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from droplab.harness.engine.runfile import folder
from droplab.harness.runtime import cgroups

from .fingerprint import Fingerprint, Ground
from .tally import Tally

RUN = "c0ffee00"


def controls(ground: Ground, before: Fingerprint, name: str) -> Tally:
    """Every section must notice what is left on purpose."""
    tally = Tally(name)
    for section, left in LEFT.items():
        if section in ("links", "rulesets") and not ground.private_network():
            continue
        with left():
            found = ground.leftovers(before, within_s=0)
        tally.phases["noticed"] += any(line.startswith(section) for line in found)
        if not any(line.startswith(section) for line in found):
            tally.wrong.append(f"{section}: a leftover was not noticed")
    tally.leftovers += ground.leftovers(before)
    return tally


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


@contextmanager
def _link() -> Iterator[None]:
    _run("ip", "link", "add", "left", "type", "veth", "peer", "name", "over")
    yield
    _run("ip", "link", "del", "left")


@contextmanager
def _rule() -> Iterator[None]:
    _run("nft", "add", "table", "inet", "left")
    yield
    _run("nft", "delete", "table", "inet", "left")


@contextmanager
def _namespace() -> Iterator[None]:
    with subprocess.Popen(("unshare", "--net", "sleep", "60"), stdout=subprocess.PIPE) as process:
        subprocess.run(("sleep", "0.2"), check=True)
        yield
        process.kill()


@contextmanager
def _mount() -> Iterator[None]:
    _run("mount", "-t", "tmpfs", "left", "/mnt")
    yield
    _run("umount", "/mnt")


@contextmanager
def _run_file() -> Iterator[None]:
    left = folder() / f"{RUN}.jsonl"
    left.touch()
    yield
    left.unlink()


@contextmanager
def _cgroup() -> Iterator[None]:
    with _run_file():
        Ground(folder(), private=True).remember()
    made = cgroups.create(RUN, ("node",))
    yield
    made.remove()


LEFT = {
    "links": _link,
    "rulesets": _rule,
    "namespaces": _namespace,
    "processes": _namespace,
    "mounts": _mount,
    "run files": _run_file,
    "cgroups": _cgroup,
}
