"""From YAML to jobs: every problem with its file, line and column."""

from schedkit.loader.read import load
from schedkit.report import Diagnostic, InvalidFileError

__all__ = ["Diagnostic", "InvalidFileError", "load"]
