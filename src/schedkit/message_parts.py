"""What a message may have, by the names under which a body of a webhook takes it over."""

from __future__ import annotations

PARTS = (
    "when",
    "title",
    "text",
    "job",
    "state",
    "run",
    "reason",
    "fire_time",
    "attempt",
    "exit_code",
    "signal",
    "duration_s",
    "host",
    "output",
    "output_tail",
)
