# ruff: noqa: E501  (a table: one mistake a line)
"""Every mistake is told with its place and in good words. ``@`` marks the place that the message must name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.definition.definitions import GOOD, changed, problems, write

MARK = "@"

SHAPE = [
    ("title: Everything at once", "@titel: x\ntitle: y", "titel: unknown key; did you mean title?"),
    ("title: Everything at once\n", "", "title: is missing: the complaint, in one line"),
    ("schema: 1\n", "schema: @2\n", "schema: expected 1 (got 2)"),
    ("schema: 1\n", "schema: @'1'\n", 'schema: expected 1 (got "1")'),
    ("schema: 1\n", "schema: @yes\n", "schema: expected 1 (got true)"),
    ("minutes: 45", "minutes: @soon", "minutes: expected a whole number (got soon)"),
    ("minutes: 45", "minutes: @0", "minutes: must be at least 1 (got 0)"),
    ("title: Everything at once", "title: @12", "title: expected text (got 12); put it in quotes"),
    ("title: Everything at once", "title: @off", "title: expected text (got false); put it in quotes"),
    ("title: Everything at once", "title: @''", 'title: must not be empty (got "")'),
    ("title: Everything at once", "title: @|\n  a\n  b", r'title: must be one line (got "a\nb\n")'),
    ("story: story.md", "story: @stroy.md", "story: no such file in FOLDER (got stroy.md)"),
    ("forward: true", "@forwrd: true", "nodes.router.forwrd: unknown key; did you mean forward?"),
    ("forward: true", "forward: @maybe", "nodes.router.forward: expected true or false (got maybe)"),
    ("    services: [nginx]", "    services: @3", "nodes.nginx.services: expected a mapping {key: value} (got 3)"),
    (
        "expect: {syn: {loss: [0, 0.01]}}",
        "expect: @[syn]",
        'solution.0.expect: expected a mapping {key: value} (got ["syn"])',
    ),
    ("hints: hints.md", "hints: [@7]", "hints.0: expected text (got 7); put it in quotes"),
    (
        "title: Everything at once",
        f"title: @{'x' * 4001}",
        f"title: must have at most 4000 characters (got {'x' * 60}...)",
    ),
]

PARAMETERS = [
    ("$mtu, interface", "@$mut, interface", "faults.small.mtu.mtu: no parameter is called mut; did you mean mtu?"),
    ("[ $$? = 0 ]", "[ $HOME = 0 ]", "solution.1.run.router.0: a variable of the shell is written with two dollars, $$HOME"),
    ("p: 0.25", "p: @[1]", "parameters.p: expected a number, a text, {from: 0.2, to: 0.4, step: 0.05} or {one_of: [80, 443]} (got [1])"),
    ("step: 100", "@stpe: 100", "parameters.mtu.stpe: unknown key; did you mean step?"),
    ("step: 100", "step: @0", "parameters.mtu.step: must be above 0 (got 0)"),
    ("{from: 100, to: 300, step: 100}", "@{from: 300, to: 100, step: 100}", "parameters.mtu: a family has 1 to 1000 values; is `from` above `to`, or `step` too small? (got {\"from\": 300, \"to\": 100, \"step\": 100})"),
    ("{one_of: [80, 8080]}", "{one_of: @[]}", "parameters.port.one_of: must not be empty (got [])"),
    ("p: 0.25", "@p-in: 0.25, p: 0.25", "parameters.p-in: a parameter's name has only letters, digits and _"),
    ("parameters: {p", "parameters: @[p]\nx: {p", "parameters: expected `name: value` lines (got [\"p\"])"),
]  # fmt: skip

NODES = [
    ("  client:\n    networks", "  @Client:\n    networks", "nodes.Client: a node's name has 1 to 15 of a-z 0-9 - and begins with a letter"),
    ("  router:\n    networks", "  @switch:\n    networks", "nodes.switch: switch is a reserved name; call the node something else"),
    ("left: 198.18.1.2/25", "@Left: 198.18.1.2/25", "nodes.client.networks.Left: a network's name has 1 to 12 of a-z 0-9 - and begins with a letter"),
    ("left: 198.18.1.2/25", "left: @198.18.1.2", "nodes.client.networks.left: expected an IPv4 address with its prefix length, for example 198.18.48.2/24 (got 198.18.1.2)"),
    ("left: 198.18.1.2/25", "left: @198.18.1.256/25", "nodes.client.networks.left: expected an IPv4 address with its prefix length, for example 198.18.48.2/24 (got 198.18.1.256/25)"),
    ("left: 198.18.1.2/25", "left: @10.0.0.2/25", "nodes.client.networks.left: the addresses of a lab are in 198.18.0.0/15 (got 10.0.0.2/25)"),
    ("left: 198.18.1.2/25", "left: @198.18.1.2/8", "nodes.client.networks.left: the addresses of a lab are in 198.18.0.0/15 (got 198.18.1.2/8)"),
    ("left: 198.18.1.2/25", "left: @198.18.1.2/32", "nodes.client.networks.left: this subnet is too small for two hosts: /30 is the smallest (got 198.18.1.2/32)"),
    ("left: 198.18.1.2/25", "left: @198.18.1.127/25", "nodes.client.networks.left: not the address of a host: the first and the last of 198.18.1.0/25 are not (got 198.18.1.127/25)"),
    ("left: 198.18.1.2/25", "left: 198.18.1.2/24", "nodes.router.networks.left: network left is 198.18.1.0/24 at client (got 198.18.1.1/25)"),
    ("left: 198.18.1.1/25", "left: @198.18.1.2/25", "nodes.router.networks.left: client has this address already (got 198.18.1.2/25)"),
    ("right: 198.18.1.129/25", "right: @198.18.1.9/25", "nodes.router.networks.right: 198.18.1.0/25 overlaps the subnet of this node's network left (got 198.18.1.9/25)"),
    ("    networks: {left: 198.18.1.2/25}\n", "", "nodes.client: give either `address: 198.18.1.2/24` or `networks: {name: address}`"),
    ("default: 198.18.1.1}", "default: @198.18.1.200}", "nodes.client.routes.default: the gateway is in none of this node's networks (got 198.18.1.200)"),
    ("default: 198.18.1.1}", "default: @198.18.1.2}", "nodes.client.routes.default: the gateway is this node itself (got 198.18.1.2)"),
    ("default: 198.18.1.1}", "default: @router}", "nodes.client.routes.default: expected the IPv4 address of a gateway (got router)"),
    ("default: 198.18.1.1}", "@198.18.7.1/24: 198.18.1.1}", 'nodes.client.routes.198.18.7.1/24: the destination of a route is "default" or a prefix such as 198.18.49.0/24: 198.18.7.1/24 has host bits set'),
    ("default: 198.18.1.1}", "@0.0.0.0/0: 198.18.1.1}", 'nodes.client.routes.0.0.0.0/0: write "default"'),
    ("default: 198.18.1.1}", "@198.18.1.0/25: 198.18.1.1}", "nodes.client.routes.198.18.1.0/25: this node is in that network itself: it needs no gateway"),
    ("[nameserver 198.18.1.130,", "[@nameservr 198.18.1.130,", "nodes.client.resolv_conf.0: no keyword of resolv.conf is called nameservr; did you mean nameserver?"),
    ("[nameserver 198.18.1.130,", "[@nameserver nginx,", "nodes.client.resolv_conf.0: a nameserver is given by its IP address (got nginx)"),
    ("services: [nginx]", "services: @[ngninx]", "nodes.nginx.services.ngninx: no built-in service; one of your own needs {run: command, ready: tcp:PORT} (got ngninx); did you mean nginx?"),
    ("services: [nginx]", "services: {a: {run: b, ready: @'tcp:0'}}", "nodes.nginx.services.a.ready: a port is from 1 to 65535 (got tcp:0)"),
    ("services: [nginx]", "services: {a: {run: b, ready: @http}}", r"nodes.nginx.services.a.ready: must look like /^(tcp|udp):[0-9]{1,5}$/ (got http)"),
    ("services: [nginx]", "services: {a: {run: @b 'c, ready: 'tcp:81'}}", "nodes.nginx.services.a.run: a shell cannot read it: no closing quotation (got b 'c)"),
    ("services: [nginx]", "services: {a: {run: @' ', ready: 'tcp:81'}}", "nodes.nginx.services.a.run: a command is needed (got \" \")"),
    ("services: [nginx]", "services: {nginx: , a: @{run: b, ready: 'tcp:80'}}", "nodes.nginx.services.a: nginx listens on tcp:80 already"),
    ("services: [nginx]", "services: {a: @{ready: 'tcp:80'}}", "nodes.nginx.services.a.run: is missing: the command that starts it"),
    ("/etc/lab.conf: lab.conf", "/etc/lab.conf: @lab.cnf", "nodes.nginx.files./etc/lab.conf: no such file in FOLDER (got lab.cnf)"),
    ("/etc/lab.conf: lab.conf", "/etc/lab.conf: @../x", "nodes.nginx.files./etc/lab.conf: a file of the lab's own folder is needed (got ../x)"),
    ("/etc/lab.conf: lab.conf", "/etc/lab.conf: @/etc/passwd", "nodes.nginx.files./etc/lab.conf: a file of the lab's own folder is needed (got /etc/passwd)"),
    ("/etc/lab.conf: lab.conf", "@etc/lab.conf: lab.conf", "nodes.nginx.files.etc/lab.conf: expected the path of a file in the node, for example /etc/lab.conf"),
    ("/etc/lab.conf: lab.conf", "@/etc/../x: lab.conf", "nodes.nginx.files./etc/../x: expected the path of a file in the node, for example /etc/lab.conf"),
    ("/etc/lab.conf: lab.conf", "@/proc/x: lab.conf", "nodes.nginx.files./proc/x: proc is the kernel's own; use setup for what is set there"),
    ("/etc/lab.conf: lab.conf", "@/etc/hosts: lab.conf", "nodes.nginx.files./etc/hosts: droplab writes it: every node by name"),
    ("/etc/lab.conf: lab.conf", "@/var/www/html: lab.conf", "nodes.nginx.files./var/www/html: is a file here and a folder in /var/www/html/big"),
    ("{size: 1000}", "@{size: 1000, content: x}", "nodes.nginx.files./var/www/html/big: give one of: file (of the lab's folder), content (text) or size (bytes)"),
    ("{size: 1000}", "{size: @-1}", "nodes.nginx.files./var/www/html/big.size: must be at least 0 (got -1)"),
    ('mode: "0755"', "mode: @0755", None),
    ('mode: "0755"', "mode: @rwx", r"nodes.nginx.files./usr/local/bin/tool.mode: must look like /^0?[0-7]{3}$/ (got rwx)"),
]  # fmt: skip

FAULTS = [
    ("drop: {node: nginx, iptables_drop", "drop: {node: @ngnix, iptables_drop", "faults.drop.node: no node is called ngnix; did you mean nginx?"),
    ("drop: {node: nginx, iptables_drop", "drop: @{iptables_drop", "faults.drop.node: is missing: the node that it is for"),
    ("drop: {node: nginx, iptables_drop", "drop: {node: @3, iptables_drop", "faults.drop.node: expected the name of a node (got 3)"),
    ("drop: {node: nginx, iptables_drop", "drop: {node: nginx, @iptables_dorp", "faults.drop.iptables_dorp: not a kind of fault; did you mean iptables_drop?"),
    ("{node: nginx, iptables_drop: {chain: INPUT, probability: $p}}", "@{node: nginx}", "faults.drop: names no kind of fault; write {node: NODE, KIND: {parameters}}"),
    ("{node: nginx, iptables_drop: {chain: INPUT, probability: $p}}", "@{node: nginx, iptables_drop: , mtu: {mtu: 100}}", 'faults.drop: one kind of fault in each entry (got ["iptables_drop", "mtu"])'),
    ("{chain: INPUT, probability: $p}}", "{}, @probability: 0.1}", "faults.drop.probability: is a parameter of iptables_drop: write {iptables_drop: {probability: ...}}"),
    ("{chain: INPUT, probability: $p}}", "{}, @proability: 0.1}", "faults.drop.proability: unknown key beside iptables_drop; known: node, trigger"),
    ("{chain: INPUT, probability: $p}}", "@INPUT}", "faults.drop.iptables_drop: expected its parameters, {name: value} (got INPUT)"),
    ("chain: INPUT, probability: $p", "chain: @input", "faults.drop.iptables_drop.chain: expected INPUT, OUTPUT or FORWARD (got input); did you mean INPUT?"),
    ("chain: INPUT, probability: $p", "probability: @1.5", "faults.drop.iptables_drop.probability: must be at most 1 (got 1.5)"),
    ("chain: INPUT, probability: $p", "probability: @30%", "faults.drop.iptables_drop.probability: expected a number (got 30%)"),
    ("chain: INPUT, probability: $p", "@probabilty: 0.5", "faults.drop.iptables_drop.probabilty: unknown key; did you mean probability?"),
    ("{chain: INPUT, probability: $p}", "@{probability: 0.5, every: 2}", "faults.drop.iptables_drop: probability and every exclude each other"),
    ("mtu: {mtu: $mtu, interface: eth1}", "mtu: @{interface: eth1}", "faults.small.mtu.mtu: is missing: bytes; 68 is the least that IPv4 allows (RFC 791)"),
    ("drop: {node: nginx, iptables_drop", "@7up: {node: nginx, iptables_drop", "faults.7up: this name has 1 to 40 letters, digits and _ and does not begin with a digit"),
    ("trigger: {probe: page}", "trigger: {probe: @pgae}", "faults.small.trigger.probe: no probe of this lab is called pgae; did you mean page?"),
    ("trigger: {probe: page}", "trigger: {probe: page, @mtric: x}", "faults.small.trigger.mtric: unknown key; did you mean metric?"),
    ("trigger: {probe: page}", "trigger: {probe: page, metric: @loss}", "faults.small.trigger.metric: no metric of page (got loss); its metrics are outcome, status, body_contains, body_sha256, lookup_s, connect_s, first_byte_s, total_s, ok_rate"),
    ("trigger: {probe: page}", "trigger: @{probe: usage}", "faults.small.trigger.metric: is missing: which metric of the probe; its metrics are usage, entries"),
    ("trigger: {probe: page}", "trigger: {probe: page, symptom: @rises}", "faults.small.trigger.symptom: outcome is a category: its symptom is changes (got rises)"),
    ("trigger: {probe: page}", "trigger: {probe: page, metric: total_s, symptom: @rises}", "faults.small.trigger.symptom: total_s is a time: its symptom is slower (got rises)"),
    ("trigger: {probe: page}", "trigger: {probe: syn, symptom: @changes}", "faults.small.trigger.symptom: loss is a proportion: its symptom is rises (got changes)"),
    ("removes: [small]", "removes: []", "faults.small: no step of the solution removes it"),
]  # fmt: skip

PROBES = [
    ('syn: "nginx:$port"}', '@sny: "nginx:$port", count: 5}', "probes.syn.sny: not a kind of probe; did you mean syn?"),
    ("{node: nginx, conntrack_usage: {}}", "@{node: nginx}", "probes.usage: names no kind of probe; write {node: NODE, KIND: target}"),
    ("{node: nginx, conntrack_usage: {}}", "{node: @switch, conntrack_usage: {}}", "probes.usage.node: no node is called switch; known: client, router, nginx"),
    ("{node: nginx, conntrack_usage: {}}", "@{node: nginx, ping: client, arp: client}", 'probes.usage: one kind of probe in each entry (got ["ping", "arp"])'),
    ('syn: "nginx:$port"}', 'syn: @"ngnix:$port"}', "probes.syn.syn: no node is called ngnix; did you mean nginx?"),
    ('syn: "nginx:$port"}', "syn: @nginx}", 'probes.syn.syn: expected HOST:PORT, for example "nginx:80" (got nginx)'),
    ('syn: "nginx:$port"}', "syn: @80}", "probes.syn.syn: expected text (got 80); put it in quotes"),
    ('syn: "nginx:$port"}', "syn: @}", 'probes.syn.syn: is missing: HOST:PORT, the host a node name or an IPv4 address, for example "nginx:80"'),
    ('syn: "nginx:$port"}', 'syn: "nginx:80", @target: x}', "probes.syn.target: is given by syn as well"),
    ('syn: "nginx:$port"}', 'syn: {target: @"ngnix:80"}}', "probes.syn.syn.target: no node is called ngnix; did you mean nginx?"),
    ('syn: "nginx:$port"}', 'syn: {target: "nginx:80", cuont: 3}}', "probes.syn.syn.cuont: unknown key; did you mean count?"),
    ("ping: 198.18.1.130", "ping: @8.8.8.8", "probes.ping.ping: the addresses of a lab are in 198.18.0.0/15 (got 8.8.8.8)"),
    ('"http://$who/"', "@https://nginx/", 'probes.page.http: expected a URL like "http://nginx/" (https is not spoken) (got https://nginx/)'),
    ('"http://$who/"', "@http://nginxx/", "probes.page.http: no node is called nginxx; did you mean nginx?"),
    ("size: 1400", "@sise: 1400", "probes.ping.sise: unknown key; did you mean size?"),
    ("size: 1400", "size: @'1400'", 'probes.ping.size: expected a whole number (got "1400")'),
    ("size: 1400", "size: @70000", "probes.ping.size: must be at most 65507 (got 70000)"),
    ("{node: nginx, conntrack_usage: {}}", "{node: nginx, conntrack_usage: @nginx}", "probes.usage.conntrack_usage: conntrack_usage reads its own node and takes no target and no count (got nginx)"),
]  # fmt: skip

EXPECTATIONS = [
    ("healthy: {syn: {loss: 0}", "healthy: {@synn: {loss: 0}", "healthy.synn: no such probe in this lab; did you mean syn?"),
    ("healthy: {syn: {loss: 0}", "healthy: {syn: {@losss: 0}", "healthy.syn.losss: not a metric of this probe; did you mean loss?"),
    ("healthy: {syn: {loss: 0}", "healthy: {syn: @{}", "healthy.syn: expects nothing; its metrics are loss, lost, rtt_p50_s, late, dup, reply, mss"),
    ("healthy: {syn: {loss: 0}", "healthy: {syn: {loss: @30%}", "healthy.syn.loss: expected a number or a formula with + - * / ( ); write 0.3 for 30 % (got 30%)"),
    ("healthy: {syn: {loss: 0}", "healthy: {syn: {loss: @30}", "healthy.syn.loss: a proportion is from 0 to 1; write 0.3 for 30 % (got 30)"),
    ("healthy: {syn: {loss: 0}", "healthy: {syn: {loss: @true}", "healthy.syn.loss: expected a number from 0 to 1, a formula, or a range [low, high] (got true)"),
    ("healthy: {syn: {loss: 0}", "healthy: {syn: {loss: @[0.2]}", "healthy.syn.loss: a range has two ends: [low, high] (got [0.2])"),
    ("healthy: {syn: {loss: 0}", "healthy: {syn: {loss: @[0.2, 0.1]}", "healthy.syn.loss: the range is upside down: [low, high] (got [0.2, 0.1])"),
    ("healthy: {syn: {loss: 0}", "healthy: {syn: {loss: @{near: 0.5, tolerance: 1}}", 'healthy.syn.loss: expected {near: 0.51, tol: 0.1} (got {"near": 0.5, "tolerance": 1})'),
    ("tol: 0.1", "tol: 0.9", "broken.syn.loss: tol must be above 0 and at most 0.5 (got 0.9)"),
    ('"1-(1-p)"', '"1-(1-q)"', "broken.syn.loss: no parameter is called q; known: p, port, mtu, who (got 1-(1-q))"),
    ('"1-(1-p)"', '"1-who"', "broken.syn.loss: the parameter who is text, not a number (got 1-who)"),
    ('"1-(1-p)"', '"p/0"', "broken.syn.loss: the formula divides by zero (got p/0)"),
    ("ping: {lost: 0}", "ping: {lost: @2.5}", "healthy.ping.lost: expected a whole number (got 2.5)"),
    ("outcome: ok", "outcome: @okay", "healthy.page.outcome: okay is not one of its words; did you mean ok?"),
    ("outcome: ok", "outcome: @3", "healthy.page.outcome: expected a word or a list of words out of ok, http_error, refused, reset, connect_timeout, no_response, stalled_body, closed_early, unreachable, bad_http, lookup_failed (got 3)"),
    ("body_contains: Thank you", "body_contains: @3", "healthy.page.body_contains: expected a text that must occur (got 3)"),
    ("usage: [0, 0.1]", "usage: @0.1", "always.usage.usage: expected a range [low, high] (got 0.1)"),
    ("expect: {syn: {loss: [0, 0.01]}}", "expect: {@sin: {loss: 0}}", "solution.0.expect.sin: no such probe in this lab; did you mean syn?"),
]  # fmt: skip

SOLUTION = [
    ("- title: Delete the rule\n    because", "- @because", "solution.0.title: is missing: what is done, in a few words"),
    ("title: Restore the MTU", "title: @Delete the rule", "solution.1.title: another phase of the report is called so (got Delete the rule)"),
    ("title: Restore the MTU", "title: @gone", "solution.1.title: another phase of the report is called so (got gone)"),
    ("because: why.md", "because: @wy.md", "solution.0.because: no such file in FOLDER (got wy.md)"),
    ("{nginx: iptables -nvL, shows", "{@ngnix: iptables -nvL, shows", "solution.0.look.0.ngnix: neither a node nor a key of a look; did you mean nginx?"),
    ("{host: dmesg, lacks: table full}", "{host: dmesg, lacks: @'(full'}", "solution.0.look.2.lacks: not a regular expression: missing ), unterminated subpattern at position 0 (got (full)"),
    ("{host: dmesg, lacks: table full}", "{host: dmesg, shows: @'[[a]'}", "solution.0.look.2.shows: not a regular expression: Possible nested set at position 1 (got [[a])"),
    ("{host: dmesg, lacks: table full}", "{host: dmesg, lacks: @'.*'}", "solution.0.look.2.lacks: matches even when nothing is printed, so that it never holds (got .*)"),
    ("{host: dmesg, lacks: table full}", "{host: dmesg, shows: @'^$'}", "solution.0.look.2.shows: matches even when nothing is printed, so that it always holds (got ^$)"),
    ("{host: dmesg, lacks: table full}", "{host: dmesg, shows: @3}", "solution.0.look.2.shows: expected a regular expression of 1 to 1000 characters (got 3)"),
    ("{host: dmesg, lacks: table full}", "@{host: dmesg}", "solution.0.look.2: says neither what the command shows nor what it lacks"),
    ("{host: dmesg, lacks: table full}", "@{lacks: table full}", "solution.0.look.2: names no command; write {NODE: command, shows: regex}"),
    ("{host: dmesg, lacks: table full}", "@{host: dmesg, nginx: ls, lacks: x}", 'solution.0.look.2: one command in each look (got ["host", "nginx"])'),
    ("{host: dmesg, lacks: table full}", "{host: dmesg, lacks: x, @durign: {client: ls}}", "solution.0.look.2.durign: neither a node nor a key of a look; did you mean during?"),
    ("{host: dmesg, lacks: table full}", "{host: dmesg, lacks: x, @during: {client: ls}}", "solution.0.look.2.during: needs a command in a node, not in the host"),
    ("{host: dmesg, lacks: table full}", "{host: @[dmesg], lacks: x}", 'solution.0.look.2.host: expected a command (got ["dmesg"])'),
    ("during: {client: ping -c 1 nginx}", "during: @ping", "solution.0.look.1.during: expected one command, {NODE: command} (got ping)"),
    ("during: {client: ping -c 1 nginx}", "during: {@host: ping}", "solution.0.look.1.during.host: no node is called host; known: client, router, nginx"),
    ("      router: [\"[ $$", "      @ruoter: [\"[ $$", "solution.1.run.ruoter: no node is called ruoter; did you mean router?"),
    ("ip link set eth1 mtu 1500]", "@1500]", "solution.1.run.router.1: expected text (got 1500); put it in quotes"),
    ("removes: [drop]", "removes: [drop, @dorp]", "solution.0.removes.1: no fault of this lab is called dorp; did you mean drop?"),
    ("removes: [small]", "removes: [small, @drop]", "solution.1.removes.1: step 1 has removed it already (got drop)"),
    ("    run:\n      router: [\"[ $$? = 0 ]\", ip link set eth1 mtu 1500]\n    removes: [", "    removes: @[", 'solution.1.removes: this step runs nothing, so it removes nothing (got ["small"])'),
    ("leaves: [nft, sysctl]", "leaves: [nft, @sysctrl]", "alternatives.0.leaves.1: expected links, addresses, routes, rules, neighbours, qdiscs, nft, iptables_legacy, sysctls, sockets, processes or files (got sysctrl); did you mean sysctls?"),
    ("cures: [syn, usage]", "cures: [@sny]", "alternatives.0.cures.0: no probe of this lab is called sny; did you mean syn?"),
    ("cures: [syn, usage]", "cures: @[]", "alternatives.0.cures: cures no probe; leave it out when it cures all"),
    ("run: {nginx: iptables -F}", "run: {@ngnix: iptables -F}", "alternatives.0.run.ngnix: no node is called ngnix; did you mean nginx?"),
    ("run: {nginx: iptables -F}", "run: @{}", "alternatives.0.run: must not be empty"),
    ("hints: hints.md", "hints: @hint.md", "hints.0: no such file in FOLDER (got hint.md)"),
    ("hints: hints.md", "hints: [@'[dorp] text']", "hints.0: no fault of this lab is called dorp; did you mean drop?"),
    ("hints: hints.md", "hints: [@'[drop] ']", "hints.0: this hint is empty"),
]  # fmt: skip

CASES = [*SHAPE, *PARAMETERS, *NODES, *FAULTS, *PROBES, *EXPECTATIONS, *SOLUTION]


@pytest.mark.parametrize(("old", "new", "words"), CASES, ids=[f"{new}"[:60] for _, new, _ in CASES])
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, words: str | None) -> None:
    text = changed(old, new)
    before, mark, after = text.partition(MARK)
    folder = write(tmp_path / "lab", before + after)
    found = problems(folder)
    if words is None:
        assert found == []
        return
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    place = f"{line}:{column}: " if mark else ""
    expected = place + words.replace("FOLDER", str(folder))
    assert any(one == expected if mark else one.partition(": ")[2] == expected for one in found), "\n".join(found)


def test_all_mistakes_are_told_at_once_unknown_keys_first(tmp_path: Path) -> None:
    text = (
        GOOD.replace("minutes: 45", "minutes: 0")
        .replace("forward: true", "forwrd: true")
        .replace("size: 1400", "sise: 1")
    )
    text = text.replace("removes: [small]", "removes: [smal]").replace("hints: hints.md", "hints: hint.md")
    folder = write(tmp_path, text)
    assert [line.split(": ")[1] for line in problems(folder)] == [
        "nodes.router.forwrd",
        "probes.ping.sise",
        "minutes",
        "solution.1.removes.0",
        "hints.0",
    ]


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    """What follows from a mistake is not told as well: the other names and the rest of the lab are taken as written."""
    for old, new in [
        ("drop: {node: nginx, iptables_drop", "drop: {node: nginx, iptables_dorp"),
        ("left: 198.18.1.2/25", "left: 8"),
        ("syn: {node: client, syn", "syn: {node: client, sny"),
        ("step: 100", "step: x"),
    ]:
        assert len(problems(write(tmp_path, changed(old, new)))) == 1


def test_many_mistakes_are_counted(tmp_path: Path) -> None:
    extra = "".join(f"key{number}: 1\n" for number in range(150))
    found = problems(write(tmp_path, GOOD + extra))
    assert len(found) == 101
    assert found[-1].endswith(": and 50 more problems from here on")


def test_the_good_definition_is_good(tmp_path: Path) -> None:
    assert problems(write(tmp_path, GOOD)) == []
