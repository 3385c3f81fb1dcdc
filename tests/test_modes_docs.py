"""Every example of docs/modes.md is a right exam, and `ctdose check` shows what is particular about it."""

import re

import pytest

from ctdose.api import prepare
from ctdose.cli.forecast import dose_lines
from ctdose.exam.parse import exam_from_text

SHOWN = {
    "Chest at high pitch": ["tube A 100 kV body", "tube B 100 kV body", "CTDI_vol 3 mGy"],
    "Abdomen, dual energy": ["tube B 140 kV body tin-0.4: 150 mA"],
    "Abdomen, fast kV switching": ["140 kV body: 0.4 of the time", "80 kV body: 0.6 of the time"],
    "Coronary arteries, step and shoot": ["60 to 85 % of RR (0.25 of 1 s at 60/min)", "0.7143 rotations"],
    "Coronary arteries, helical with ECG-controlled current": ["600 mA in 35 to 75 %", "mean 312 mA"],
    "Chest, thin slices with gaps": ["0.66 rotations at each place"],
}


@pytest.fixture(scope="module")
def examples(root):
    text = (root / "docs" / "modes.md").read_text(encoding="utf-8")
    return re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)


def shown(example):
    """What `check` prints behind the keys."""
    ready = prepare(exam_from_text(example + "simulation: {voxel_mm: 8}\n"))
    resolved = ready.resolved.to_yaml()
    again = prepare(exam_from_text(resolved))
    assert again.resolved.plans == ready.resolved.plans
    return resolved + "\n".join(dose_lines(ready.resolved))


def test_the_examples_work_and_can_be_read_again(examples):
    assert len(examples) == 10
    found = {}
    for example in examples:
        title = re.search(r"^exam: (.*)$", example, flags=re.MULTILINE)[1]
        found[title] = shown(example)
    for title, sentences in SHOWN.items():
        for sentence in sentences:
            assert sentence in found[title], found[title]
    assert all("CTDI_vol" in text and "DLP" in text for text in found.values())
