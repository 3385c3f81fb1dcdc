"""The tables of a result on standard output."""

from __future__ import annotations


def print_result(result):
    print(result.effective_dose)
