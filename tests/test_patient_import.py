"""The patient's own CT: the same phantom from every orientation and format; tissues by label and CT number."""

import numpy as np
import pytest

import patient_files as files
from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.build import build_patient
from ctdose.phantoms.patient.calibration_file import read_calibration
from ctdose.phantoms.patient.coarsen import coarsen, mean_density
from ctdose.phantoms.patient.field import field_edge, mark_round_field
from ctdose.phantoms.patient.image import Image
from ctdose.phantoms.patient.options import Options
from ctdose.phantoms.phantom_file import load_phantom, save_phantom

pytest.importorskip("nibabel", reason="needs the extra [nifti]")
pytest.importorskip("pydicom", reason="needs the extra [dicom]")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder of the patient's files, and the phantom of the plain NIfTI."""
    folder = tmp_path_factory.mktemp("patient")
    hu, labels = files.make_patient()
    ct = files.write_nifti(folder / "ct.nii.gz", hu)
    organs = files.write_nifti(folder / "labels.nii.gz", labels)
    return folder, build_patient(ct, Options(labels=organs)).phantom


def centre_mm(phantom, name):
    """Centre of an organ, (x, y, z) in mm."""
    places = np.argwhere(phantom.region_index == phantom.organ(name).organ_id)[:, ::-1]
    return np.array(phantom.origin_mm) + places.mean(axis=0) * np.array(phantom.spacing_mm)


def same(a, b):
    assert a.spacing_mm == pytest.approx(b.spacing_mm, rel=1e-6)
    assert a.origin_mm == pytest.approx(b.origin_mm, abs=1e-4)
    assert np.array_equal(a.region_index, b.region_index)
    assert np.array_equal(a.material_index, b.material_index)
    assert np.array_equal(a.density_g_cm3, b.density_g_cm3)
    assert a.organs == b.organs
    assert a.materials == b.materials


def test_organs_lie_where_they_were_put(made):
    """A shift of half a voxel or a mirrored axis would move these centres."""
    _, phantom = made
    first, size = np.array(files.ORIGIN), np.array(files.SPACING)
    assert centre_mm(phantom, "liver") == pytest.approx(first + size * (10.5, 11.5, 7.0), abs=1e-3)
    assert centre_mm(phantom, "spleen") == pytest.approx(first + size * (30.0, 16.0, 8.0), abs=1e-3)
    assert centre_mm(phantom, "liver")[0] < centre_mm(phantom, "spleen")[0], "the liver is on the right: -x"


@pytest.mark.parametrize(
    ("flips", "order"),
    [
        ((True, True, False), (0, 1, 2)),
        ((False, False, True), (0, 1, 2)),
        ((True, False, True), (2, 0, 1)),
        ((False, True, False), (1, 2, 0)),
    ],
)
def test_every_orientation_of_a_nifti_gives_the_same_phantom(made, tmp_path, flips, order):
    hu, labels = files.make_patient()
    ct = files.write_nifti(tmp_path / "ct.nii", hu, flips, order)
    organs = files.write_nifti(
        tmp_path / "labels.nii", labels
    )  # stored otherwise than the CT, in the same frame
    same(build_patient(ct, Options(labels=organs)).phantom, made[1])


@pytest.mark.parametrize("flip_x", [False, True])
def test_dicom_gives_the_same_phantom_as_nifti(made, tmp_path, flip_x):
    folder = files.write_dicom(tmp_path / "series", files.make_patient()[0], flip_x=flip_x)
    (folder / "notes.txt").write_text("not an image")
    same(build_patient(folder, Options(labels=made[0] / "labels.nii.gz")).phantom, made[1])


def material_of(phantom, name):
    where = phantom.region_index == phantom.organ(name).organ_id
    return {
        phantom.materials[i].name for i in np.unique(phantom.material_index[where])
    }, phantom.density_g_cm3[where]


def test_the_label_decides_where_contrast_medium_looks_like_bone(made):
    names, density = material_of(made[1], "blood_vessels")
    assert names == {"blood"}
    assert density == pytest.approx(1.03 * 1.06)  # 350 HU alone would be 1.224 g/cm3


def test_bone_is_marrow_or_bone_by_ct_number(made):
    names, density = material_of(made[1], "femora")
    assert names == {"ct-marrow", "ct-bone-5"}
    assert density.max() == pytest.approx(1.017 + 0.592e-3 * 600, abs=2e-4)


def test_gas_in_a_labelled_organ_is_gas(made):
    names, density = material_of(made[1], "internal_gas")
    assert np.count_nonzero(made[1].region_index == made[1].organ("internal_gas").organ_id) == 4 * 2 * 4
    assert density.max() < 0.06
    assert names == {"ct-air"}


def test_metal_is_kept_unless_labelled_soft_tissue(made):
    names, density = material_of(made[1], "metal")
    assert names == {"titanium"}
    assert density == pytest.approx(4.54)
    assert density.size == 8
    names, density = material_of(made[1], "prostate")
    assert names == {"prostate"}
    assert density.max() <= 1.04 * 1.031


def test_what_is_unlabelled_goes_by_ct_number(made):
    phantom = made[1]
    assert {"adipose", "soft_tissue_rest", "bone_rest", "low_density_rest"} <= {
        o.name for o in phantom.organs
    }
    counts = np.bincount(phantom.region_index.ravel(), minlength=300)
    assert counts[phantom.organ("bone_rest").organ_id] == 3 * 2 * 2
    assert counts[phantom.organ("low_density_rest").organ_id] == 3 * 4 * 4


def test_the_couch_is_a_region_of_its_own_and_air_is_region_0(made):
    phantom = made[1]
    names, _ = material_of(phantom, "couch")
    assert names == {"couch"}
    y = phantom.origin_mm[1] + np.argwhere(phantom.region_index == 250)[:, 1] * phantom.spacing_mm[1]
    assert set(np.unique(y)) == {files.ORIGIN[1] + 5.0 * row for row in (31, 32)}
    air = phantom.region_index == 0
    assert {phantom.materials[i].name for i in np.unique(phantom.material_index[air])} == {"air"}
    assert not [organ for organ in phantom.organs if organ.name == "couch" and organ.partial]


def test_cut_organs_are_partial_and_whole_ones_are_not(made):
    partial = {organ.name: organ.partial for organ in made[1].organs}
    assert partial["blood_vessels"]  # through the first and the last slice
    assert partial["soft_tissue_rest"]
    assert not partial["liver"]
    assert not partial["femora"]


def test_cropping_makes_organs_partial(made, tmp_path):
    folder, _ = made
    box = (-1000, 1000, -1000, 1000, 60, 1000)  # from slice 5 on
    phantom = build_patient(
        folder / "ct.nii.gz", Options(labels=folder / "labels.nii.gz", crop_mm=box)
    ).phantom
    assert phantom.organ("liver").partial
    assert phantom.origin_mm[2] == pytest.approx(63.0)
    assert phantom.shape[0] == 11


def test_partial_survives_the_phantom_file(made, tmp_path):
    path = save_phantom(made[1], tmp_path / "patient.h5")
    assert load_phantom(path).organs == made[1].organs
    assert load_phantom(path).sha256() == made[1].sha256()


def test_no_reference_person_and_no_weighted_sum(made):
    from ctdose.dosimetry.body_rows import build_body_rows

    anatomy = made[1].anatomy
    assert not anatomy.reference_person
    assert anatomy.sex == "unknown"
    names = [composite.name for composite in build_body_rows(made[1]).composites]
    assert "tissue:liver" in names
    assert not [name for name in names if name.startswith("weighted")]


def test_labels_on_the_wrong_side_are_refused(tmp_path):
    """A file whose orientation lies is mirrored: what is called left is then on the right."""
    hu, labels = files.make_patient()
    kidneys = np.zeros_like(labels)
    kidneys[labels == files.LIVER], kidneys[labels == files.SPLEEN] = 2, 3  # right: low x; left
    ct, good = (files.write_nifti(tmp_path / f"{n}.nii", v) for n, v in (("ct", hu), ("good", kidneys)))
    assert build_patient(ct, Options(labels=good)).phantom.organ("left_kidney")
    kidneys[labels == files.LIVER], kidneys[labels == files.SPLEEN] = 3, 2
    bad = files.write_nifti(tmp_path / "bad.nii", kidneys)
    with pytest.raises(CtdoseError, match=r"left_kidney \(lies on the right of right_kidney\)"):
        build_patient(ct, Options(labels=bad))


def test_labels_of_nothing_and_of_no_number_are_refused(made, tmp_path):
    labels = files.make_patient()[1]
    nowhere = labels.astype(np.float32)
    nowhere[2, 3, 4] = np.nan
    cases = [(np.zeros_like(labels), "no voxel is labelled"), (nowhere, r"\(NaN\). Fill them with 0 first")]
    for values, said in cases:
        path = files.write_nifti(tmp_path / "labels.nii.gz", values)
        with pytest.raises(CtdoseError, match=said):
            build_patient(made[0] / "ct.nii.gz", Options(labels=path))


def test_an_ignored_label_makes_no_body_of_what_it_lies_on(made, tmp_path):
    """Label maps often have the couch, or all of the table, as a class."""
    _hu, labels = files.make_patient()
    labels[:, 31:33, 3:40] = 200
    path = files.write_nifti(tmp_path / "labels.nii.gz", labels)
    (tmp_path / "map.yaml").write_text("labels: {200: ignore}\n")
    options = Options(labels=path, label_map=tmp_path / "map.yaml")
    same(build_patient(made[0] / "ct.nii.gz", options).phantom, made[1])


@pytest.mark.parametrize("metal", [False, True])
def test_joining_voxels_loses_no_mass(metal):
    """Bone beside soft tissue, fat beside air, a piece of titanium: the density of the mean CT number is another."""
    calibration = read_calibration()
    rng = np.random.default_rng(4)
    values = rng.choice(np.array([-1000, -100, 40, 90, 900, 1500], np.int16), (6, 8, 10))
    if metal:
        values[2, 3, 4] = 3071
    image = Image(values, (1.0, 2.0, 3.0), (0.0, 0.0, 0.0))
    joined = mean_density(image, (2, 4, 3), calibration)
    assert joined.shape == (2, 2, 5)
    assert joined.sum() * 24 == pytest.approx(calibration.density(values).sum(), rel=1e-5)
    of_mean = calibration.density(coarsen(image, (2, 4, 3), labels=False).values)
    assert abs(of_mean.sum() / joined.sum() - 1.0) > 0.001


def test_joined_voxels_neither_shrink_nor_grow_an_organ():
    """A voxel that is half labelled goes either way in turn; two lobes of one organ are one before they are counted."""
    z, y, x = np.indices((40, 40, 40)) + 0.5
    sphere = ((x - 20.3) ** 2 + (y - 19.6) ** 2 + (z - 20.1) ** 2 < 14.0**2).astype(np.uint16)
    slab = ((y > 11) & (y <= 26)).astype(np.uint16)  # 15 thick: each face halves the voxels it lies in
    for labels in (sphere, slab):
        joined = coarsen(Image(labels, (1.0,) * 3, (0.0,) * 3), (2, 2, 2), labels=True).values
        assert joined.sum() * 8 == pytest.approx(labels.sum(), rel=0.015)


def test_lobes_of_an_organ_are_joined_as_one(made, tmp_path):
    hu, labels = files.make_patient()
    lobes = labels.copy()
    lobes[labels == files.LIVER] = 31
    lobes[:, ::2][labels[:, ::2] == files.LIVER] = 30  # vertebrae L3 and L4: both lumbar_spine
    whole = np.where(labels == files.LIVER, 31, labels).astype(np.uint8)
    ct = files.write_nifti(tmp_path / "ct.nii", hu)
    built = [
        build_patient(
            ct, Options(labels=files.write_nifti(tmp_path / f"{i}.nii", each), voxel_mm=10.0)
        ).phantom
        for i, each in enumerate((lobes, whole))
    ]
    same(*built)


def test_a_phantom_of_joined_voxels_has_the_mass_of_the_finer_one(reference):
    folder = reference / "ct"
    fine, coarse = (
        build_patient(folder / "ct.nii.gz", Options(labels=folder / "labels.nii.gz", voxel_mm=size)).phantom
        for size in (None, 6.0)
    )
    masses = [
        {organ.name: phantom.region_masses_g()[organ.organ_id] for organ in phantom.organs}
        for phantom in (fine, coarse)
    ]
    for name in ("liver", "spleen", "right_kidney", "bladder", "muscle", "pelvis"):
        assert masses[1][name] == pytest.approx(masses[0][name], rel=0.015), name
    bodies = [sum(mass for name, mass in each.items() if name != "couch") for each in masses]
    assert bodies[1] == pytest.approx(bodies[0], rel=0.005)


def test_joined_voxels_shift_nothing():
    values = np.arange(4 * 4 * 6, dtype=np.int16).reshape(4, 4, 6)
    image = Image(values, (1.0, 2.0, 3.0), (10.0, 20.0, 30.0))
    joined = coarsen(image, (3, 2, 1), labels=False)
    assert joined.values.shape == (4, 2, 2)
    assert joined.spacing_mm == (3.0, 4.0, 3.0)
    assert joined.origin_mm == (11.0, 21.0, 30.0)
    assert joined.values[1, 0, 1] == np.rint(values[1, :2, 3:].mean())
    counts = coarsen(
        Image(np.array([[[1, 2, 2], [1, 2, 3]]], np.uint16), (1.0,) * 3, (0.0,) * 3), (3, 2, 1), labels=True
    )
    assert counts.values.tolist() == [[[2]]]


def test_a_round_field_is_found_and_its_edge_cuts():
    away = np.arange(64) - 31.5
    inside = away[:, None] ** 2 + away[None, :] ** 2 < 32.0**2
    image = Image(
        np.where(inside, np.int16(-990), np.int16(-1024))[None].repeat(3, 0), (1.0,) * 3, (0.0,) * 3
    )
    marked = mark_round_field(image)
    assert (marked.values[:, 0, 0] < -1500).all()
    edge = field_edge(marked)[1]
    assert edge[9, 9]  # on the circle
    assert not edge[31, 31]
    assert not edge[31, 4]


def test_the_calibration_is_that_of_the_paper():
    """Groups at their middle against the paper's interpolation between its base tissues (as quoted, equation 18)."""
    marrow = {"H": 11.0, "C": 52.9, "N": 2.1, "O": 33.5, "Ca": 0.0, "P": 0.1}
    cortical = {"H": 3.4, "C": 15.5, "N": 4.2, "O": 43.5, "Ca": 22.5, "P": 10.3}
    calibration = read_calibration()
    for hu in (150, 250, 450, 850, 1250):
        found = calibration.group_materials[int(calibration.group(np.array([hu]))[0])].mass_fractions
        share = (1524 - hu) / (1566 + 0.92 * hu)
        for element, value in marrow.items():
            expected = share * (value - cortical[element]) + cortical[element]
            assert 100 * found.get(element, 0.0) == pytest.approx(expected, abs=0.35), (hu, element)
    density = calibration.density(np.array([-1000, -98, 0, 60, 1000], np.int16))
    assert density == pytest.approx([0.00121, 0.93, 1.018, 1.003 + 1.169e-3 * 60, 1.017 + 0.592], abs=2e-3)


@pytest.mark.parametrize(
    ("ct", "labels", "masses_g"),
    [
        ("ct.nii.gz", "labels.nii.gz", {"spleen": 272.0, "bladder": 491.0, "right_kidney": 197.0}),
        ("dicom", "dicom_labels.nii.gz", {"spleen": 270.0, "liver": 758.0}),
    ],
)
def test_real_scans(reference, ct, labels, masses_g):
    folder = reference / "ct"
    patient = build_patient(folder / ct, Options(labels=folder / labels))
    phantom = patient.phantom
    masses = phantom.region_masses_g()
    for name, mass in masses_g.items():
        assert masses[phantom.organ(name).organ_id] == pytest.approx(mass, rel=0.01)
    assert centre_mm(phantom, "liver")[0] < centre_mm(phantom, "spleen")[0], "the liver is on the right: -x"
    assert centre_mm(phantom, "liver")[1] < centre_mm(phantom, "couch")[1], "the couch is behind: +y"
    assert phantom.organ("liver").partial
    assert any(note.startswith("field:") for note in patient.notes)
