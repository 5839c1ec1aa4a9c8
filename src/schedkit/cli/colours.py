"""The colour of each state of a run."""

from schedkit.run import State

COLOURS = {
    State.SUCCEEDED: "green",
    State.FAILED: "red",
    State.TIMED_OUT: "red",
    State.LOST: "red",
    State.CANCELLED: "yellow",
    State.MISSED: "yellow",
    State.SKIPPED: "yellow",
    State.RUNNING: "cyan",
    State.RETRYING: "cyan",
    State.QUEUED: "cyan",
}
