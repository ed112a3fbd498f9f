from __future__ import annotations

import pytest
from pydantic import ValidationError

from droplab.faults.service.wrong_listen_address import WrongListenAddress
from droplab.harness.errors import UsageError

from .answers import Answers, words

CAT = "cat /etc/nginx/nginx.conf"
NODE = Answers({CAT: "http {\n    # listen 81 x;\n    server {\n        listen 80 default_server;\n    }\n}\n"})
RESTART = "sh -c 'nginx -s stop; while [ -e /run/nginx.pid ]; do sleep 0.02; done; nginx'"


@pytest.mark.parametrize(
    ("parameters", "after"),
    [
        ({"address": "127.0.0.1"}, "listen 127.0.0.1:80"),
        ({"port": 8080}, "listen 8080"),
        ({"address": "198.18.0.1", "port": 65535}, "listen 198.18.0.1:65535"),
    ],
)
def test_commands(parameters: dict[str, object], after: str) -> None:
    change = WrongListenAddress.model_validate(parameters).plan(NODE)
    assert words(change) == (
        [f"sed -i 's|listen 80 |{after} |' /etc/nginx/nginx.conf", RESTART],
        [f"sed -i 's|{after} |listen 80 |' /etc/nginx/nginx.conf", RESTART],
    )
    assert (change.place, change.present.place) == ("node", "node")


@pytest.mark.parametrize("text", ["", "listen 80 default_server;\nlisten 81 x;\n"])
def test_a_configuration_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected one"):
        WrongListenAddress(port=81).plan(Answers({CAT: text}))


@pytest.mark.parametrize(
    "parameters", [{}, {"address": "localhost"}, {"address": "1.2.3.4.5"}, {"port": 0}, {"port": 65536}]
)
def test_nonsense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WrongListenAddress.model_validate(parameters)
