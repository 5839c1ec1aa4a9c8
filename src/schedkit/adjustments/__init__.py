"""
The adjustments: where admitted candidates are moved to.

To add one, write its class in a module here and name it below; nothing else changes.
"""

from schedkit.adjustments.adjustment import Adjustment
from schedkit.vocabulary import Vocabulary

ADJUSTMENTS: Vocabulary[Adjustment] = Vocabulary(
    "adjustment",
    Adjustment,  # type: ignore[type-abstract]  # only asked with isinstance
    __name__,
    {
        "add": ["Add"],
        "weekdays": ["NextWeekday", "PreviousWeekday"],
        "calendar_days": [
            "NextBusinessDay",
            "PreviousBusinessDay",
            "NearestBusinessDay",
            "ModifiedFollowing",
            "AddBusinessDays",
            "NextTradingDay",
            "PreviousTradingDay",
        ],
        "times": ["SetTime", "Round", "Floor", "Ceil"],
    },
)
__all__ = ["ADJUSTMENTS", "Adjustment"]
