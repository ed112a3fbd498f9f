"""``--hypothesis-profile=deep`` looks longer for what a definition must not do."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("deep", max_examples=5000)
