"""A lab with one of everything, and what the loader says about a definition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from droplab.harness.definition.lab import Lab
from droplab.harness.definition.loader import load
from droplab.harness.errors import DefinitionError

GOOD = """\
schema: 1
title: Everything at once
difficulty: hard
minutes: 45
story: story.md
parameters: {p: 0.25, port: {one_of: [80, 8080]}, mtu: {from: 100, to: 300, step: 100}, who: nginx}
nodes:
  client:
    networks: {left: 198.18.1.2/25}
    routes: {default: 198.18.1.1}
    resolv_conf: [nameserver 198.18.1.130, options timeout:1]
  router:
    networks: {left: 198.18.1.1/25, right: 198.18.1.129/25}
    forward: true
    setup: [ip route replace 198.18.9.9/32 dev eth0]
  nginx:
    networks: {right: 198.18.1.130/25}
    routes: {default: 198.18.1.129}
    services: [nginx]
    files:
      /etc/lab.conf: lab.conf
      /var/www/html/big: {size: 1000}
      /usr/local/bin/tool: {content: "#!/bin/sh", mode: "0755"}
faults:
  drop: {node: nginx, iptables_drop: {chain: INPUT, probability: $p}}
  small: {node: router, mtu: {mtu: $mtu, interface: eth1}, trigger: {probe: page}}
probes:
  syn: {node: client, syn: "nginx:$port"}
  page: {node: client, http: "http://$who/", timeout_s: 2}
  ping: {node: client, ping: 198.18.1.130, size: 1400}
  usage: {node: nginx, conntrack_usage: {}}
healthy: {syn: {loss: 0}, page: {outcome: ok, body_contains: Thank you}, ping: {lost: 0}}
always: {usage: {usage: [0, 0.1]}}
broken: {syn: {loss: {near: "1-(1-p)", tol: 0.1}}, page: {outcome: [no_response, connect_timeout]}}
solution:
  - title: Delete the rule
    because: why.md
    look:
      - {nginx: iptables -nvL, shows: 'DROP .* probability $p'}
      - {router: tcpdump -ni eth1, during: {client: ping -c 1 nginx}, lacks: 'GET /$'}
      - {host: dmesg, lacks: table full}
      - {switch: ip link, shows: 'state UP'}
    run: {nginx: iptables -D INPUT -m statistic --mode random --probability $p -j DROP}
    removes: [drop]
    expect: {syn: {loss: [0, 0.01]}}
  - title: Restore the MTU
    run:
      router: ["[ $$? = 0 ]", ip link set eth1 mtu 1500]
    removes: [small]
alternatives:
  - {title: Flush, run: {nginx: iptables -F}, leaves: [nft, sysctl], cures: [syn, usage]}
hints: hints.md
"""

SMALL = """\
{schema: 1, title: Small,
nodes: {client: {address: 198.18.1.2/24}, nginx: {address: 198.18.1.3/24}},
faults: {one: {node: nginx, KIND: {}}},
probes: {syn: {node: client, syn: "nginx:80"}},
healthy: {syn: {loss: 0}}, broken: {syn: {loss: 0.5}}}
"""

FILES = {
    "story.md": "Packets are lost on port $port.\n",
    "why.md": "because of a rule with $p",
    "lab.conf": "port=53\n",
    "hints.md": """\
Read slowly.

- Look at the [manual](man).
- [drop] A rule with
  a counter of $p.
- [small] The MTU.
""",
}

PLACE = re.compile(r":[1-9][0-9]*:[1-9][0-9]*: ")


def write(folder: Path, definition: str | bytes = GOOD, **files: str) -> Path:
    """A lab folder with ``definition`` and the files of the good lab, or ``files`` (hints_md="...") in their place."""
    folder.mkdir(parents=True, exist_ok=True)
    own = {name.replace("_", "."): text for name, text in files.items()}
    for name, text in {**FILES, **own}.items():
        (folder / name).write_text(text)
    content = definition if isinstance(definition, bytes) else definition.encode()
    (folder / "lab.yaml").write_bytes(content)
    return folder


def load_text(folder: Path, definition: str = GOOD, *, overrides: Mapping[str, str] = {}) -> Lab:
    """The lab of a definition."""
    return load(write(folder, definition), overrides=overrides)


def changed(old: str, new: str) -> str:
    """The good definition with ``new`` for ``old``, which is in it once."""
    assert GOOD.count(old) == 1, f"{old!r} is {GOOD.count(old)} times in the good definition"
    return GOOD.replace(old, new)


def problems(folder: Path) -> list[str]:
    """What the loader finds wrong, as ``line:column: key: words`` without the file's name; empty for a good lab."""
    try:
        load(folder)
    except DefinitionError as error:
        return [line.removeprefix(f"{folder}/lab.yaml:").removeprefix(f"{folder}/") for line in error.problems]
    return []
