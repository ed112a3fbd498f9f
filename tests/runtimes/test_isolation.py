"""What root in a node tries in vain, on both runtimes. Each attempt is a command that ends with 0 if it got out."""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from droplab.harness.runtime.contract import Provisioned
from tests.runtimes.bed import Bed
from tests.waiting import gone_within

REPOSITORY = Path(__file__).parents[2]

WRITE_ANY = "for f in $(find /sys/fs/cgroup -name {file} 2>/dev/null); do echo {word} > $f && exit 0; done; exit 1"

ATTEMPTS = {
    "mount something": "mount -t tmpfs none /mnt",
    "make /proc/sys writable": "mount -o remount,rw /proc/sys",
    "uncover /proc/sys": "umount /proc/sys",
    "a new user namespace": "unshare --user true",
    "a new network namespace": "unshare --net true",
    "the init's namespaces": "nsenter --target 1 --mount --net true",
    "change the root": "chroot / true",
    "a kernel sysctl": "sysctl -w kernel.domainname=owned",
    "a memory sysctl": "sysctl -w vm.swappiness=1",
    "a machine-wide network sysctl": "echo 1000 > /proc/sys/net/netfilter/nf_conntrack_max",
    "run a program of its own on a crash": "echo '|/bin/true' > /proc/sys/kernel/core_pattern",
    "reboot by sysrq": "echo b > /proc/sysrq-trigger",
    "read kernel memory": "head -c 1 /proc/kcore | grep -q .",
    "read the kernel's log": "dmesg",
    "follow the kernel's log": "timeout 1 head -c 1 /dev/kmsg | grep -q .",
    "a disk by its number": "mknod /tmp/disk b 8 0 && head -c 1 /tmp/disk",
    "kernel memory by its number": "mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem",
    "load a module": "modprobe dummy",
    "set the clock": "date -s 2001-01-01",
    "write to sysfs": "sh -c 'echo 1 > /sys/class/net/lo/ifalias'",
    "trace the kernel": "ls /sys/kernel/tracing/events",
    "leave its cgroup": WRITE_ANY.format(file="cgroup.procs", word="$$"),
    "raise its limit of processes": WRITE_ANY.format(file="pids.max", word="max"),
    "the machine's passwords": f"grep -qxF '{Path('/etc/shadow').read_text().splitlines()[0]}' /etc/shadow",
    "another network": "ping -c 1 -W 1 192.0.2.1",
    "a route out": "ip route get 192.0.2.1",
    "the docker socket": "test -S /var/run/docker.sock",
    "this repository": f"test -e {REPOSITORY}/labs/48/lab.yaml",
    "droplab's run files": "ls /run/droplab",
    "a program with more rights": "grep -E '^NoNewPrivs:\\s*0' /proc/self/status",
    "a capability more": "grep -E '^CapBnd:.*[1-9a-f]' /proc/self/status | grep -qv 00000000000030e3",
}
"""CapBnd of the seven capabilities: CHOWN DAC_OVERRIDE KILL SETGID SETUID NET_ADMIN NET_RAW."""


def test_a_student_cannot_get_out(lab: Provisioned) -> None:
    results = {what: lab.nodes["nginx"].exec(["sh", "-c", command]) for what, command in ATTEMPTS.items()}
    assert {what: result.stdout for what, result in results.items() if result.returncode == 0} == {}


def test_services_have_no_more_rights_than_a_student(lab: Provisioned) -> None:
    command = "for p in $(pgrep nginx); do grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/$p/status; done"
    told = set(lab.nodes["nginx"].exec(["sh", "-c", command]).stdout.split("\n")) - {""}
    assert {line.split()[1].lstrip("0") for line in told} == {"30e3" if "CapBnd" else "", "1", "2"}


@pytest.fixture
def secret() -> Iterator[tuple[Path, str]]:
    """A file of the host's root that only root may read."""
    words = secrets.token_hex(16)
    path = Path(f"/var/lib/droplab-test-{secrets.token_hex(4)}")
    path.write_text(words)
    path.chmod(0o600)
    yield path, words
    path.unlink()


def test_files_of_the_host_cannot_be_found(lab: Provisioned, secret: tuple[Path, str]) -> None:
    path, words = secret
    node = lab.nodes["client"]
    assert node.exec(["cat", str(path)]).returncode != 0
    found = node.exec(["sh", "-c", f"grep -rsl {words} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr; true"])
    assert found.stdout == ""


def test_processes_of_the_host_cannot_be_seen_or_killed(lab: Provisioned) -> None:
    marker = str(10_000 + secrets.randbelow(80_000))
    bystander = subprocess.Popen(["sleep", marker])
    try:
        node = lab.nodes["client"]
        assert marker not in node.exec(["ps", "-eo", "args"]).stdout.replace("ps -eo args", "")
        node.exec(["sh", "-c", f"kill -9 {bystander.pid}; pkill -9 -f 'sleep {marker}'; true"])
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_writes_stay_in_the_node(lab: Provisioned) -> None:
    name = f"droplab-test-{secrets.token_hex(4)}"
    server, client = lab.nodes["nginx"], lab.nodes["client"]
    assert server.exec(["sh", "-c", f"touch /etc/{name} /tmp/{name} /root/{name} /var/tmp/{name}"]).returncode == 0
    for folder in ("etc", "tmp", "root", "var/tmp"):
        assert not Path("/", folder, name).exists()
        assert client.exec(["test", "-e", f"/{folder}/{name}"]).returncode == 1


def test_a_fork_bomb_stays_in_its_node(lab: Provisioned) -> None:
    node = lab.nodes["client"]
    bomb = "for i in $(seq 400); do sleep 20 & done; wait"
    result = node.exec(["sh", "-c", bomb], timeout_s=4)
    assert "fork" in result.stderr.lower() or "resource" in result.stderr.lower()
    assert subprocess.run(["true"], check=False).returncode == 0
    assert lab.nodes["nginx"].exec(["true"]).returncode == 0
    node.exec(["sh", "-c", "kill -9 -1"])


def test_a_memory_hog_is_stopped_at_its_limit(lab: Provisioned) -> None:
    hog = "head -c 2000000000 /dev/zero | tail -n 1"
    began = time.monotonic()
    result = lab.nodes["client"].exec(["sh", "-c", hog], timeout_s=60)
    assert result.returncode not in (0, 124)
    assert time.monotonic() - began < 60
    assert lab.nodes["nginx"].exec(["true"]).returncode == 0


def test_the_lab_goes_away_under_a_bomb(bed: Bed) -> None:
    live = bed.foreground()
    record = live.record()
    live.nodes["client"].exec(["sh", "-c", "for i in $(seq 100); do setsid sleep 600 & done"])
    live.close()
    assert gone_within(5, lambda: bed.left(record=record))
