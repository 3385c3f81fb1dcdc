"""The shipped exams: each fits its phantom and scanner, states its source, and is in the table of docs/exams.md."""

import importlib.util
import re
from pathlib import Path

import pytest

from ctdose.api import prepare, simulate
from ctdose.exam.dose_indices import dose_indices
from ctdose.exam.library import exam_names, exam_publication, exam_source, exam_text, load_exam

ROOT = Path(__file__).resolve().parents[1]
EVERYDAY = {
    *(
        "head",
        "sinus",
        "neck",
        "cervical-spine",
        "chest",
        "lung-screening",
        "pulmonary-angiography",
        "coronary",
    ),
    *("abdomen-pelvis", "liver-multiphase", "kidney-stones", "colonography", "chest-abdomen-pelvis"),
    *("lumbar-spine", "whole-body-trauma"),
}
AGES = ("newborn", "1y", "5y", "10y", "15y")
CHILDREN = {
    f"{what}-{age}"
    for what in ("head", "chest", "abdomen-pelvis")
    for age in ("newborn", "1y", "5y", "10y", "15y")
}
# Reference levels of the whole examination, mGy·cm, and how far the exam's DLP may lie from them.
DLP = {
    "sinus": (160, 0.1),
    "cervical-spine": (400, 0.3),
    "pulmonary-angiography": (310, 0.1),
    "colonography": (690, 0.15),
    "chest-abdomen-pelvis": (660, 0.12),
    "kidney-stones": (290, 0.1),
    "lumbar-spine": (713, 0.15),
    "liver-multiphase": (1120, 0.12),
    "neck": (432, 0.25),
}


@pytest.fixture(scope="module")
def prepared():
    return {name: prepare(name) for name in exam_names()}


def indices(ready, body):
    scanner, plans = ready.resolved.scanner, ready.resolved.plans[body]
    for plan in plans:
        size = plan.ctdi_phantom_cm
        yield dose_indices(
            plan, scanner.ctdi_w_mgy_per_100mas(plan.tube_voltage_kv, plan.bowtie, size, plan.collimation_mm)
        )


def test_all_everyday_exams_are_there():
    assert set(exam_names()) == EVERYDAY | CHILDREN
    assert len(EVERYDAY) >= 15


@pytest.mark.parametrize("name", exam_names())
def test_it_says_whose_figures_it_has(name):
    text = exam_text(name)
    assert text.startswith("# ")
    assert 10 < len(exam_publication(name)) < 90
    assert "verified" in exam_source(name) or "read" in exam_source(name)
    doubtful = "memory" in exam_source(name) or "second-hand" in exam_source(name)
    assert doubtful == exam_publication(name).endswith("(not verified)")
    assert max(map(len, text.splitlines())) <= 122
    assert all("\t" not in line and line == line.rstrip() for line in text.splitlines())


def test_every_exam_fits_its_phantom_and_scanner(prepared):
    for name, ready in prepared.items():
        for body, plans in ready.resolved.plans.items():
            phantom = next(each for each in ready.phantoms if each.anatomy.body == body)
            for plan in plans:
                low, high = phantom.z_range_mm
                assert low <= plan.z_start_mm < plan.z_end_mm <= high, (name, plan.name)
                assert plan.planned_length_mm == 10.0 or plan.planned_length_mm > 60.0
                assert re.match(r"[a-z][a-z-]+$", plan.name)


def test_children_have_their_own_phantoms_and_the_stated_ctdi_phantom(prepared):
    for name in CHILDREN:
        what, age = name.rsplit("-", 1)
        exam = prepared[name].exam
        assert exam.phantom == age
        assert [a.ctdi_phantom_cm for a in exam.acquisitions] == [16 if what == "head" else 32]


@pytest.mark.parametrize("what", ["chest", "abdomen-pelvis"])
def test_dose_of_children_rises_with_age(prepared, what):
    doses = [next(indices(prepared[f"{what}-{age}"], f"{age}-male")).dlp_mgy_cm for age in AGES]
    assert doses == sorted(doses)


@pytest.mark.parametrize("name", DLP)
def test_dlp_comes_near_the_published_one(prepared, name):
    published, apart = DLP[name]
    both = [
        sum(each.dlp_mgy_cm for each in indices(prepared[name], f"adult-{sex}")) for sex in ("male", "female")
    ]
    assert sum(both) / 2 == pytest.approx(published, rel=apart)


def test_the_document_has_the_table_of_the_exams(prepared):
    path = ROOT / "tools" / "make_exam_table.py"
    if not path.is_file():
        pytest.skip("tools/ is not part of this checkout")
    spec = importlib.util.spec_from_file_location("make_exam_table", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = tool.DOCUMENT.read_text(encoding="utf-8").split(tool.BEGIN)[1].split(tool.END)[0]
    assert written.strip() == tool.table(prepared).strip(), "run python tools/make_exam_table.py"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("sinus", marks=pytest.mark.slow),
        pytest.param("pulmonary-angiography", marks=pytest.mark.slow),
        pytest.param("abdomen-pelvis-newborn", marks=pytest.mark.slow),
    ],
)
def test_a_tiny_simulation(name):
    result = simulate(load_exam(name), histories=200_000, threads=1, dose_map=False)
    assert result.complete
    assert result.effective_dose.icrp103_msv > 0
    inside = {"sinus": "brain", "pulmonary-angiography": "lungs", "abdomen-pelvis-newborn": "liver"}[name]
    outside = {"sinus": "liver", "pulmonary-angiography": "brain", "abdomen-pelvis-newborn": "brain"}[name]
    assert result.organs[inside].absorbed_dose_mgy > 5 * result.organs[outside].absorbed_dose_mgy
