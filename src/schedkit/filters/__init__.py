"""
The filters: which candidates of the clocks stay.

To add one, write its class in a module here and name it below; nothing else changes.
"""

from schedkit.filters.filter import Filter
from schedkit.vocabulary import Vocabulary

FILTERS: Vocabulary[Filter] = Vocabulary(
    "filter",
    Filter,  # type: ignore[type-abstract]  # only asked with isinstance
    __name__,
    {
        "weekdays": ["Weekday", "Weekend", "Days"],
        "months": ["Months", "DaysOfMonth", "MonthStart", "MonthEnd", "NthWeekday"],
        "times": ["BetweenTimes"],
        "dates": ["OnDate", "BetweenDates"],
        "moments": ["AtTime", "OnDatetime", "BetweenDatetimes"],
        "calendar_days": ["BusinessDay", "Holiday", "TradingDay", "NthBusinessDay"],
        "combinators": ["Any", "All", "Not"],
    },
)
__all__ = ["FILTERS", "Filter"]
