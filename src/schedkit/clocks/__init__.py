"""
The clocks: where fire times come from.

To add one, write its class in a module here and name it below; nothing else changes.
"""

from schedkit.clocks.clock import Clock
from schedkit.vocabulary import Vocabulary

CLOCKS: Vocabulary[Clock] = Vocabulary(
    "clock",
    Clock,  # type: ignore[type-abstract]  # only asked with isinstance
    __name__,
    {
        "cron": ["Cron"],
        "every": ["Every"],
        "hours_years": ["Hourly", "Yearly"],
        "days": ["Daily", "Weekly", "Monthly"],
        "rrule": ["Rrule"],
        "dates": ["Dates"],
        "market": ["MarketOpen", "MarketClose"],
        "startup": ["Startup"],
    },
)
__all__ = ["CLOCKS", "Clock"]
