"""The published benchmark cases: AAPM Report 195, run by ``ctdose validate``."""

from ctdose.validation.row import Row, Summary, summarize
from ctdose.validation.run import case_names, format_table, run_cases

__all__ = ["Row", "Summary", "case_names", "format_table", "run_cases", "summarize"]
