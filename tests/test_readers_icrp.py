"""Voxel phantoms in ICRP's files: a made-up child."""

import io
import tarfile
import zipfile

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.phantoms.phantom_file import load_phantom, save_phantom
from icrp_child import (
    CM3,
    ORGANS,
    VOXEL,
    as_dat,
    as_slices,
    centre_mm,
    make_files,
    make_ids,
    read,
    region_of,
    write,
)


def test_axes_names_tissues_and_masses(tmp_path):
    phantom = read(write(tmp_path, make_files()))
    assert phantom.name == "icrp143-5y-male"
    assert phantom.anatomy.age == "5y"
    assert not phantom.anatomy.reference_person
    ids = make_ids()
    ids[ids == 141] = 0
    body = ids[1:11, 0:7, 0:13]  # cropped to the body
    padded = np.pad(body, ((2, 2), (0, 0), (0, 0)))  # 10 mm of air below and above
    wanted = np.where(padded == 97, 96, np.where(padded == 108, 107, np.where(padded == 124, 123, padded)))
    assert np.array_equal(phantom.region_index, wanted)
    assert centre_mm(phantom, "left_lung")[0] > 0 > centre_mm(phantom, "liver")[0]
    assert centre_mm(phantom, "skin")[1] < centre_mm(phantom, "brain")[1]
    assert centre_mm(phantom, "brain")[2] > centre_mm(phantom, "pelvis_spongiosa")[2]
    tissues = {organ.name: organ.icrp103_tissue for organ in phantom.organs}
    assert (tissues["left_lung"], tissues["skin"], tissues["liver"]) == ("lung", "skin", "liver")
    assert tissues["fontanelle"] is None
    assert "never_there" not in tissues
    masses = dict(zip(range(2000), phantom.region_masses_g()))
    assert masses[phantom.organ("left_lung").organ_id] == pytest.approx((17 * 0.4 + 1.05) * CM3)
    assert masses[phantom.organ("liver").organ_id] == pytest.approx(12 * 1.05 * CM3)


def test_origin_is_pelvis_and_middle_of_the_trunk(tmp_path):
    phantom = read(write(tmp_path, make_files()))
    assert phantom.anatomy.landmarks_mm["ischium"][2] == pytest.approx(0.0)
    x = np.flatnonzero(np.isin(phantom.region_index, [107, 42]).any(axis=(0, 1)))
    assert phantom.anatomy.landmarks_mm["isocentre"][:2] == (0.0, 0.0)
    trunk = np.nonzero(region_of(phantom, "skin")[2])[1]  # the skin of the lowest slice, without the arms
    assert phantom.origin_mm[0] + trunk.mean() * VOXEL[0] == pytest.approx(0.0)
    assert x.size == 13
    assert set(phantom.anatomy.scan_ranges_mm) >= {"chest", "abdomen-pelvis"}


def test_compositions_are_those_of_the_files(tmp_path):
    phantom = read(write(tmp_path, make_files()))
    index = phantom.material_index[region_of(phantom, "liver")]
    liver = phantom.materials[index[0]]
    assert liver.density_g_cm3 == 1.05
    assert liver.mass_fractions == pytest.approx({"H": 0.102, "C": 0.13, "O": 0.768})
    assert phantom.materials[0].name == "air"


def test_arms_out_moves_masses_and_crops(tmp_path):
    write(tmp_path, make_files())
    inside, out = read(tmp_path), read(tmp_path, arms="out")
    assert out.anatomy.arms == "raised"
    assert inside.anatomy.arms == "down"
    assert out.shape == (14, 7, 8)
    assert inside.shape == (14, 7, 13)
    assert "growth_plate_arms" not in {organ.name for organ in out.organs}
    humeri = out.organ("humeri_upper_spongiosa")
    assert (humeri.reference_mass_g, humeri.omitted_mass_g) == pytest.approx((1.2 * CM3, 3 * 1.2 * CM3))
    muscle = out.organ("muscle")
    assert muscle.omitted_mass_g == pytest.approx((15 - 3 + 4 - 1) * 1.05 * CM3)
    assert muscle.reference_mass_g + muscle.omitted_mass_g == pytest.approx(
        inside.region_masses_g()[inside.organ("muscle").organ_id]
    )
    assert out.organ("skin").omitted_mass_g == pytest.approx(5 * 1.1 * CM3)
    assert centre_mm(out, "liver") == pytest.approx(centre_mm(inside, "liver"))
    assert np.unique(out.region_index).tolist() == [0, 14, 42, 56, 61, 95, 96, 99, 107, 123, 151]


def test_marrow_from_the_spongiosa_fractions(tmp_path):
    write(tmp_path, make_files())
    for arms in ("in", "out"):
        sites = {site.name: site for site in read(tmp_path, arms=arms).anatomy.marrow_sites}
        pelvis, humeri = sites["pelvis_spongiosa"], sites["humeri_upper_spongiosa"]
        assert (pelvis.region, pelvis.icrp116_id) == (42, 4200)
        assert pelvis.active_marrow_g == pytest.approx(20 * 1.1 * CM3 * 0.25)
        assert pelvis.endosteum_g == pytest.approx(20 * 1.1 * CM3 * 0.25 * 0.238)
        marrow = 1.2 * CM3 * 0.5
        here, omitted = (4 * marrow, 0.0) if arms == "in" else (marrow, 3 * marrow)
        assert humeri.active_marrow_g == pytest.approx(here)
        assert humeri.omitted_active_marrow_g == pytest.approx(omitted)
        assert humeri.region == 14


def test_a_site_that_lies_in_the_arms_alone_stays_in_the_denominator(tmp_path):
    ids = make_ids()
    ids[8, 4, 6] = 107
    phantom = read(write(tmp_path, make_files(ids)), arms="out")
    site = next(s for s in phantom.anatomy.marrow_sites if s.name == "humeri_upper_spongiosa")
    assert (site.region, site.active_marrow_g, site.endosteum_g) == (-1, 0.0, 0.0)
    assert site.omitted_active_marrow_g == pytest.approx(3 * 1.2 * CM3 * 0.5)
    assert site.omitted_endosteum_g == pytest.approx(3 * 1.2 * CM3 * 0.4 * 0.238)


def pack_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"P143/../../{name}", text)  # a path that leads nowhere: nothing is unpacked
    return path


def pack_tar(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"/etc/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def test_folder_zip_tar_and_slices_are_one_phantom(tmp_path):
    folder = tmp_path / "a"
    (folder / "deep").mkdir(parents=True)
    files = make_files()
    wanted = read(write(folder / "deep", files)).sha256()
    assert read(folder).sha256() == wanted
    assert read(pack_zip(tmp_path / "b.zip", files)).sha256() == wanted
    assert read(pack_tar(tmp_path / "c.tar.gz", files)).sha256() == wanted
    slices = {n: t for n, t in files.items() if n != "05M.dat"} | as_slices(make_ids())
    assert read(pack_tar(tmp_path / "d.tgz", slices), shape=None).sha256() == wanted


def test_round_trip_of_the_phantom_file(tmp_path):
    phantom = read(write(tmp_path, make_files()), arms="out")
    assert load_phantom(save_phantom(phantom, tmp_path / "x.h5")).sha256() == phantom.sha256()


def test_several_phantoms_need_an_age(tmp_path):
    write(tmp_path, make_files())
    write(tmp_path, make_files(code="00M"))
    with pytest.raises(CtdoseError, match=r"several phantoms\)\. Give --age, one of newborn, 5y"):
        read(tmp_path)
    assert read(tmp_path, age="newborn").name == "icrp143-newborn-male"
    with pytest.raises(CtdoseError, match=r"sex=male, age=adult \(not among its phantoms\)"):
        read(tmp_path, age="adult")


def test_skin_of_the_first_and_last_slice_is_left_out_of_the_adults_even_if_it_is_in_the_table(tmp_path):
    files = make_files(code="AM")
    wanted = read(write(tmp_path, files)).sha256()
    files["AM_organs.dat"] += "141   Skin at top and bottom                     27    1.100\n"
    assert read(write(tmp_path, files)).sha256() == wanted


def test_organ_tables_of_children(tmp_path):
    """As public copies of ICRP 143's tables have them: two decimals, blanks behind, another name of ET2."""
    table = (
        ORGANS.replace("1.200\n", "1.2\n")
        .replace("1.050\n", "1.05  \n")
        .replace("Fontanelle  ", "Teeth       ")
    )
    table = table.replace("Growth plate, arms          ", "Posterior nasal passage (ET2)")
    table = table.replace(
        "Organs and tissues of a made-up child", "Organs and tissues of the newborn female reference\t\t\t"
    )
    write(tmp_path, {**make_files(), "05M_organs.dat": table})
    phantom = read(tmp_path)
    assert phantom.organ("extrathoracic_region").icrp103_tissue == "extrathoracic"
    assert phantom.organ("teeth")
    assert phantom.region_masses_g() == pytest.approx(
        read(write(tmp_path, make_files())).region_masses_g(), rel=1e-3
    )


@pytest.mark.parametrize("name", ["5M{}", "RCP-05M{}", "P143 05m{}", "ICRP143_5m{}"])
def test_names_of_the_files_of_children(tmp_path, name):
    """How ICRP names them could not be seen: something may stand before the code, and ages may have one digit."""
    files = {file.replace("05M", name.format("")): text for file, text in make_files().items()}
    assert read(write(tmp_path, files)).name == "icrp143-5y-male"
    write(tmp_path, {"05M.dat": as_dat(make_ids())})
    with pytest.raises(CtdoseError, match=r"05m\.dat \(stands twice"):
        read(tmp_path)


def test_numbers_that_are_no_age_are_no_phantom(tmp_path):
    write(tmp_path, {file.replace("05M", "07M"): text for file, text in make_files().items()})
    with pytest.raises(CtdoseError, match="no files of an ICRP phantom"):
        read(tmp_path)


def test_an_adult_of_another_size_is_no_reference_person(tmp_path):
    write(tmp_path, make_files(code="AM"))
    phantom = read(tmp_path)
    assert phantom.name == "icrp110-adult-male"
    assert not phantom.anatomy.reference_person
    with pytest.raises(CtdoseError, match="truncated: 7161276 are expected"):
        read(tmp_path, shape=None, voxel_mm=None)
