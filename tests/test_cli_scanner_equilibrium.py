"""`ctdose scanner equilibrium`: its table, and wrong options in one line."""

import re

import pytest

from ctdose.cli.main import main


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--length-mm", "470"], r"length_mm=470 \(no length of a long phantom\)"),
        (["--material", "unobtainium"], r"material=unobtainium \(unknown\)"),
        (["--collimation-mm", "41"], r"collimation_mm=41 \(unknown to generic-64\)"),
        (["--bowtie", "tie"], r"bowtie=tie \(unknown to generic-64\)"),
        (["--tube-voltage-kv", "200"], r"tube_voltage_kv=200 \(outside 40 to 150\)"),
        (["--histories", "-1"], r"histories=-1"),
    ],
)
def test_a_wrong_long_phantom_is_named(words, named, capsys):
    assert main(["scanner", "equilibrium", "generic-64", "--histories", "1", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.match(named, shown.err)


def test_the_dose_in_a_long_phantom(capsys, monkeypatch):
    from ctdose.calibration import ctdi_case
    from ctdose.calibration.ctdi import SimulatedCTDI

    monkeypatch.setattr(
        ctdi_case, "_cached", lambda identity: SimulatedCTDI(9e-13, 1.7e-12, 1.4e-12, 1e-3, 10**8)
    )
    words = ["scanner", "equilibrium", "generic-64", "--histories", "200k", "--threads", "1"]
    assert main([*words, "--length-mm", "460"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "# generic-64, 120 kV, body, nT 40 mm; pmma, 320 x 460 mm"
    assert re.match(r"# center: D_eq [0-9.]+ ± [0-9.]+ mGy per 100 mAs, CTDI_100/CTDI_inf 0\.[56]", lines[1])
    assert lines[4].split("\t") == ["scan_length_mm", "center", "periphery", "weighted"]
    assert lines[-1].split("\t") == ["460", "1.0000", "1.0000", "1.0000"]
