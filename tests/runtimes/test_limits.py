"""What a node may take of the machine: a full disk inside a lab is the lab's own trouble."""

from __future__ import annotations

import shutil

from droplab.harness.runtime.contract import Provisioned
from tests.runtimes.test_lab import get

MIB = 1 << 20
MOST_MIB = 64
FILL = "dd if=/dev/zero of={path} bs=1M count=200 2>&1; wc -c < {path}; rm {path}"


def test_a_runaway_file_ends_at_the_limit_of_its_node(lab: Provisioned) -> None:
    server, client = lab.nodes["nginx"], lab.nodes["client"]
    for path in ("/root/fill", "/var/log/fill", "/etc/fill"):
        before = shutil.disk_usage("/").free
        said = server.exec(["sh", "-c", FILL.format(path=path)], timeout_s=60).stdout
        assert int(said.split()[-1]) <= MOST_MIB * MIB, said
        assert before - shutil.disk_usage("/").free < 512 * MIB  # others write here too
    assert client.exec(["sh", "-c", "echo x > /root/x && cat /root/x"]).stdout == "x\n"
    assert get(client, "198.18.48.2")[0] == 200
