"""
What it means to go by other files: which fire times are dropped and added, what of jobs changes.

Everything here is pure. Two spellings of one schedule are compared by when they fire.
"""

from schedkit.differences.fires import FireDifference
from schedkit.differences.jobs import Differences, Going, JobDifference, Touched, differences
from schedkit.differences.keys import KeyDifference

__all__ = [
    "Differences",
    "FireDifference",
    "Going",
    "JobDifference",
    "KeyDifference",
    "Touched",
    "differences",
]
