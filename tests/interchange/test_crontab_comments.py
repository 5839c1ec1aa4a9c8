"""What comments of a crontab say of the job below them."""

from __future__ import annotations

import pytest

from schedkit.interchange import crontab_file


@pytest.mark.parametrize(
    ("comment", "description", "kept"),
    [
        ("# Dump the shop", "Dump the shop", ""),
        ("#Dump the shop.", "Dump the shop", ""),
        ("# Dump the shop. Every night.", "Dump the shop", "Dump the shop. Every night."),
        ("# Dump, e.g. the shop.", "Dump, e.g. the shop", ""),
        ("# Dump\n# the shop", "Dump the shop", ""),
        ("# Dump the shop\n", "", "Dump the shop"),
        ("# Of all.\n\n# Dump the shop", "Dump the shop", "Of all."),
        ("# Of all.\n#\n# Dump the shop", "Dump the shop", "Of all.\n\nDump the shop"),
        ("# Dump\n#0 5 * * * old", "Dump", "Dump\n0 5 * * * old"),
        ("#0 5 * * * old", "", "0 5 * * * old"),
        ("# m h  dom mon dow   command", "", "m h  dom mon dow   command"),
        ("# Example:\n# .--- minute (0 - 59)\n# *  *  * * * user command", "", None),
        ("#####\n# Dump\n#####", "Dump", ""),
        ("# Dump\nA=b", "", "Dump"),
        (f"# {'long ' * 40}", "", ("long " * 40).strip()),
    ],
)
def test_a_comment_above_a_line_describes_it(
    comment: str, description: str, kept: str | None
) -> None:
    (job,) = crontab_file.read(f"{comment}\n@daily a\n", "crontab").jobs

    assert description == job.keys.get("description", "")
    if kept is not None:
        assert kept == job.comment
