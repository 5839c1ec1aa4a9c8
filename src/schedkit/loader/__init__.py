"""From YAML to jobs: every problem with its file, line and column."""

from schedkit.loader.read import load
from schedkit.loader.sources import piped
from schedkit.report import Diagnostic, InvalidFileError

__all__ = ["Diagnostic", "InvalidFileError", "load", "piped"]
