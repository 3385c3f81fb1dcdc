"""Made-up CT series of four makers' conventions, and CT dose reports; used by the tests of `exam from-dicom`."""

import math

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, XRayRadiationDoseSRStorage, generate_uid

SECRET = "SECRETNAME"

# What each maker writes of the same scan: 120 kV, 200 mA, 0.5 s, nT 40 mm, pitch 0.8, slices of 5 mm.
MAKERS = {
    "effective": {  # effective mAs; no revolution time, but feed and speed; Exposure Time is that of a rotation
        "TotalCollimationWidth": 40.0,
        "SingleCollimationWidth": 0.625,
        "SpiralPitchFactor": 0.8,
        "TableFeedPerRotation": 32.0,
        "TableSpeed": 64.0,
        "ExposureTime": 500,
        "Exposure": 125,
        "AcquisitionType": "SPIRAL",
        "phantom": "113691",
    },
    "slice": {  # mAs that fall on a slice; Exposure Time is that of the whole scan
        "TotalCollimationWidth": 40.0,
        "SingleCollimationWidth": 0.625,
        "SpiralPitchFactor": 0.8,
        "TableFeedPerRotation": 32.0,
        "TableSpeed": 64.0,
        "RevolutionTime": 0.5,
        "ExposureTime": 5230,
        "Exposure": 16,
        "ScanOptions": "HELICAL MODE",
        "phantom": "113691",
    },
    "rotation": {  # mAs of a rotation; no CTDI phantom
        "TotalCollimationWidth": 40.0,
        "SpiralPitchFactor": 0.8,
        "TableFeedPerRotation": 32.0,
        "RevolutionTime": 0.5,
        "ExposureTime": 500,
        "Exposure": 100,
        "ScanOptions": "HELICAL_CT",
    },
    "sparse": {  # pitch and effective mAs, no collimation, no feed, no speed
        "SpiralPitchFactor": 0.8,
        "ExposureTime": 625,
        "Exposure": 125,
        "ScanOptions": "HELIX",
        "phantom": "113691",
    },
}


def slices(count=20, start=0.0, step=5.0, maker="effective", **changes):
    """Headers of a series; `changes` set elements, callables get the number of the slice, None deletes one."""
    values = {**MAKERS[maker], **changes}
    phantom = values.pop("phantom", None)
    series = values.pop("SeriesInstanceUID", generate_uid())
    made = []
    for k in range(count):
        image = Dataset()
        image.SOPClassUID, image.SOPInstanceUID, image.SeriesInstanceUID = (
            CTImageStorage,
            generate_uid(),
            series,
        )
        image.ImageType, image.Modality = ["ORIGINAL", "PRIMARY", "AXIAL"], "CT"
        image.PatientName, image.PatientID, image.PatientBirthDate = f"{SECRET}^JANE", SECRET, "19500101"
        image.StudyDate, image.InstitutionName = "20240531", f"{SECRET} hospital"
        image.SeriesDescription = image.ProtocolName = image.StudyDescription = f"{SECRET} chest"
        image.AccessionNumber, image.ReferringPhysicianName = SECRET, f"{SECRET}^DOC"
        image.PatientAge, image.PatientSex, image.PatientWeight, image.PatientSize = (
            "054Y",
            "F",
            "71.5",
            "1.68",
        )
        image.BodyPartExamined, image.AcquisitionNumber, image.PatientPosition = "CHEST", 2, "HFS"
        image.AcquisitionDateTime = f"202405311200{k:02d}.000000"
        image.IrradiationEventUID = "1.2.3.4"
        image.KVP, image.XRayTubeCurrent, image.SliceThickness = "120", "200", "5"
        image.CTDIvol = 9.75
        image.ImagePositionPatient = [-200.0, -180.0, start + step * k]
        image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        image.DataCollectionCenterPatient = [0.0, -12.5, start + step * k]
        if phantom is not None:
            image.CTDIPhantomTypeCodeSequence = [_code(phantom, "DCM", "phantom")]
        for name, value in values.items():
            value = value(k) if callable(value) else value
            if value is None:
                if name in image:
                    delattr(image, name)
            else:
                setattr(image, name, value)
        made.append(image)
    return made


def tilted(tilt_deg, *args, centre=(0.0, -12.5), stated=..., start=0.0, step=5.0, **changes):
    """A series of a tilted gantry: 201 x 201 pixels of 2 mm, whose middle is on the axis and moves along the table.

    Positive: the front lies at lower z. `stated` is the header's own angle, by default with the standard's sign.
    """
    s, c = math.sin(math.radians(tilt_deg)), math.cos(math.radians(tilt_deg))
    x, y = centre
    plane = {
        "ImageOrientationPatient": [1, 0, 0, 0, round(c, 6), round(s, 6)],
        "ImagePositionPatient": lambda k: [x - 200.0, y - 200.0 * c, start + step * k - 200.0 * s],
        "DataCollectionCenterPatient": lambda k: [x, y, start + step * k],
        "GantryDetectorTilt": f"{tilt_deg:g}" if stated is ... else stated,
        "Rows": 201,
        "Columns": 201,
        "PixelSpacing": [2.0, 2.0],
    }
    return slices(*args, start=start, step=step, **{**plane, **changes})


def write(folder, images, name="a"):
    """Write data sets as files whose names hold a name too."""
    folder.mkdir(exist_ok=True)
    for k, image in enumerate(images):
        save(folder / f"{SECRET}_{name}{k:03d}.dcm", image)
    return folder


def save(path, data, syntax=ExplicitVRLittleEndian):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data.get("SOPClassUID") or CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = syntax
    file = FileDataset(str(path), data, file_meta=meta, preamble=b"\0" * 128)
    file.save_as(path, enforce_file_format=True)
    return path


def change(path, before, after):
    """Change bytes of a file, once: what pydicom would refuse to write."""
    data = path.read_bytes()
    assert data.count(before) == 1
    path.write_bytes(data.replace(before, after))


def enhanced(count=20, step=5.0):
    """The same scan as one multi-frame image."""
    from pydicom.uid import EnhancedCTImageStorage

    image = slices(1)[0]
    for name in (
        *MAKERS["effective"],
        "KVP",
        "XRayTubeCurrent",
        "SliceThickness",
        "ImagePositionPatient",
        "CTDIvol",
    ):
        if name in image:
            delattr(image, name)
    for name in (
        "ImageOrientationPatient",
        "DataCollectionCenterPatient",
        "AcquisitionDateTime",
        "IrradiationEventUID",
    ):
        delattr(image, name)
    del image.CTDIPhantomTypeCodeSequence
    image.SOPClassUID, image.NumberOfFrames = EnhancedCTImageStorage, count
    shared = Dataset()
    shared.CTAcquisitionTypeSequence = [_set(AcquisitionType="SPIRAL")]
    details = _set(RevolutionTime=0.5, TotalCollimationWidth=40.0, SingleCollimationWidth=0.625)
    shared.CTAcquisitionDetailsSequence = [details]
    shared.CTTableDynamicsSequence = [_set(TableSpeed=64.0, TableFeedPerRotation=32.0, SpiralPitchFactor=0.8)]
    shared.CTXRayDetailsSequence = [_set(KVP=120.0)]
    shared.PlaneOrientationSequence = [_set(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    shared.PixelMeasuresSequence = [_set(SliceThickness="5")]
    shared.IrradiationEventIdentificationSequence = [_set(IrradiationEventUID="1.2.3.4")]
    image.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for k in range(count):
        group = Dataset()
        group.PlanePositionSequence = [_set(ImagePositionPatient=[-200.0, -180.0, step * k])]
        group.CTGeometrySequence = [_set(DataCollectionCenterPatient=[0.0, -12.5, step * k])]
        exposure = _set(
            ExposureTimeInms=625.0, XRayTubeCurrentInmA=190.0 + k, ExposureInmAs=125.0, CTDIvol=9.75
        )
        exposure.CTDIPhantomTypeCodeSequence = [_code("113691", "DCM", "phantom")]
        group.CTExposureSequence = [exposure]
        group.FrameContentSequence = [_set(FrameAcquisitionNumber=2)]
        frames.append(group)
    image.PerFrameFunctionalGroupsSequence = frames
    return image


def report(*events, total=None):
    """A CT dose report (TID 10011) of events made by `event`."""
    data = Dataset()
    data.SOPClassUID, data.Modality = XRayRadiationDoseSRStorage, "SR"
    data.PatientName, data.PatientID, data.PatientAge, data.PatientSex = f"{SECRET}^JANE", SECRET, "007Y", "M"
    data.ValueType = "CONTAINER"
    data.ConceptNameCodeSequence = [_code("113701", "DCM", "X-Ray Radiation Dose Report")]
    children = [_text("121005", f"{SECRET} observer")]
    summed = [_number("113812", len(events), "{events}")]
    if total is not None:
        summed.append(_number("113813", total, "mGy.cm"))
    data.ContentSequence = Sequence([*children, _container("113811", summed), *events])
    return data


def event(
    mode="P5-08001",
    region="T-D3000",
    uid="1.2.3.4",
    length=270.0,
    time=4.218,
    nt=40.0,
    pitch=0.8,
    kv=(120,),
    ma=(200,),
    rotation=0.5,
    ctdi=9.75,
    phantom="113691",
    dlp=263.25,
    dlp_unit="mGy.cm",
    extra=(),
    sources=...,
    names="AB",
):
    """One CT Acquisition (TID 10013); None leaves an item out."""
    tubes = []
    for name, volt, amp in zip(names[: len(kv)], kv, ma, strict=True):
        items = [_text("113832", name), _number("113733", volt, "kV"), _number("113734", amp, "mA")]
        items += [_number("113834", rotation, "s")] if rotation else []
        tubes.append(_container("113831", items))
    values = (
        ("113824", time, "s"),
        ("113825", length, "mm"),
        ("113827", nt, "mm"),
        ("113828", pitch, "{ratio}"),
    )
    parameters = [_number(concept, value, unit) for concept, value, unit in values if value is not None]
    count = len(kv) if sources is ... else sources
    parameters += [_number("113823", count, "{X-Ray sources}")] if count else []
    parameters += [*tubes, *extra]
    content = [_text("125203", f"{SECRET} protocol")]
    content += [_coded("123014", region)] if region else []
    content += [_coded("113820", mode)] if mode else []
    if uid:
        item = _item("UIDREF", "113769")
        item.UID = uid
        content.append(item)
    content.append(_container("113822", parameters))
    if ctdi is not None:
        dose = [_number("113830", ctdi, "mGy"), _number("113838", dlp, dlp_unit)]
        dose += [_coded("113835", phantom)] if phantom else []
        content.append(_container("113829", dose))
    return _container("113819", content)


def number_item(concept, value, unit):
    return _number(concept, value, unit)


def number_set(**values):
    """A data set of these elements."""
    return _set(**values)


def _set(**values):
    data = Dataset()
    for name, value in values.items():
        setattr(data, name, value)
    return data


def _code(value, scheme, meaning):
    return _set(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def _item(kind, concept):
    item = _set(RelationshipType="CONTAINS", ValueType=kind)
    item.ConceptNameCodeSequence = [_code(concept, "DCM", "concept")]
    return item


def _container(concept, children):
    item = _item("CONTAINER", concept)
    item.ContentSequence = Sequence(list(children))
    return item


def _number(concept, value, unit):
    item = _item("NUM", concept)
    measured = _set(NumericValue=str(value))
    measured.MeasurementUnitsCodeSequence = [_code(unit, "UCUM", unit)]
    item.MeasuredValueSequence = [measured]
    return item


def _coded(concept, value):
    item = _item("CODE", concept)
    item.ConceptCodeSequence = [_code(value, "SRT", f"{SECRET} meaning")]
    return item


def _text(concept, value):
    item = _item("TEXT", concept)
    item.TextValue = value
    return item
