"""The pytest plugin: a team's own suites run inside the gate."""

from __future__ import annotations
