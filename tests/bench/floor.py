"""What nothing can be faster than: two namespaces, a veth between them, nginx listening in one; and Docker by hand."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from droplab.harness.runtime.node import NetnsNode

CONF = """user www-data; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{ access_log off; server {{ listen 80; root {folder}; }} }}
"""


def bare(folder: Path) -> float:
    """Seconds from nothing until nginx listens in one of two bare namespaces, made by iproute2's fewest commands."""
    conf = folder / "nginx.conf"
    conf.write_text(CONF.format(folder=folder))
    began = time.perf_counter()
    holders = [subprocess.Popen(("unshare", "--net", "sleep", "60")) for _ in range(2)]
    try:
        for holder in holders:
            _await_own_namespace(holder.pid)
        server, client = (
            NetnsNode(name, f"/proc/{holder.pid}/ns/net") for name, holder in zip("sc", holders, strict=True)
        )
        veth = f"link add eth0 type veth peer name eth0 netns {holders[1].pid}\n"
        up = "link set eth0 up\n"
        server.run(("ip", "-batch", "-"), stdin=f"{veth}addr add 198.18.1.1/24 dev eth0\n{up}")
        client.run(("ip", "-batch", "-"), stdin=f"addr add 198.18.1.2/24 dev eth0\n{up}")
        server.run(("nginx", "-c", str(conf)))
        took = time.perf_counter() - began
        server.run(("nginx", "-c", str(conf), "-s", "stop"))
        return took
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()


def _await_own_namespace(pid: int) -> None:
    ours = Path("/proc/self/ns/net").readlink()
    while Path(f"/proc/{pid}/ns/net").readlink() == ours:
        time.sleep(0.0005)


def docker_by_hand(image: str, tag: str) -> float:
    """Seconds for ``docker network create`` and two ``docker run`` until the first HTTP 200."""
    names = (f"bench-{tag}", f"bench-{tag}-nginx", f"bench-{tag}-client")
    began = time.perf_counter()
    try:
        _docker("network", "create", "--subnet", "198.18.200.0/28", names[0])
        _docker("run", "-d", "--name", names[1], "--network", names[0], image, "nginx", "-g", "daemon off;")
        _docker("run", "-d", "--name", names[2], "--network", names[0], image, "sleep", "60")
        _docker(
            "exec",
            names[2],
            "curl",
            "-sf",
            "--retry-connrefused",
            "--retry",
            "50",
            "-o",
            "/dev/null",
            f"http://{names[1]}/",
        )
        return time.perf_counter() - began
    finally:
        _docker("rm", "-f", *names[1:])
        _docker("network", "rm", names[0])


def _docker(*words: str) -> None:
    subprocess.run(("docker", *words), check=True, capture_output=True)
