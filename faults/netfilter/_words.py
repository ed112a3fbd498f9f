"""Options of iptables as a person types them."""

from __future__ import annotations

import shlex
from typing import Annotated

from pydantic import AfterValidator


def _checked(text: str) -> str:
    try:
        shlex.split(text)
    except ValueError as error:
        raise ValueError(f"a shell cannot read it: {str(error).lower()}") from None
    return text


Words = Annotated[str, AfterValidator(_checked)]
"""Words that a shell can take apart."""
