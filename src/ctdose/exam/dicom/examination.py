"""An examination from DICOM files: what their headers and dose reports say, told together."""

from __future__ import annotations

from pathlib import Path

from ctdose.errors import CtdoseError
from ctdose.exam.dicom.dose_report import is_ct_report, report_events
from ctdose.exam.dicom.files import Files, quiet, read_files
from ctdose.exam.dicom.found import Examination
from ctdose.exam.dicom.frames import frames_of
from ctdose.exam.dicom.image_events import image_events
from ctdose.exam.dicom.join import joined
from ctdose.exam.dicom.person import person_of


def read_examination(source: Path) -> Examination:
    """Read a CT series' headers, a dose report, or a folder with both.

    Parameters
    ----------
    source : Path
        A folder, or one file.

    Returns
    -------
    Examination
        Its events in the order of time.

    Raises
    ------
    MissingExtraError
        pydicom is not installed.
    CtdoseError
        Nothing to read, or something damaged in it.
    """
    files = read_files(source)
    with quiet():
        try:
            return _told(files)
        except CtdoseError as error:
            raise CtdoseError(f"{source}: {error}") from None
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError):
            raise CtdoseError(f"{source}: a damaged DICOM file. Copy the examination again.") from None


def _told(files: Files) -> Examination:
    reports = [report_events(data) for data in files.reports if is_ct_report(data)]
    images = image_events(frame for image in files.images for frame in frames_of(image))
    if not reports and not images.events:
        why = "images of no axial acquisition" if files.images else "a report without CT irradiation events"
        raise CtdoseError(f"{why}. Give the folder of an axial CT series, or a CT dose report (TID 10011).")
    merged = Examination()
    seen: set[str] = set()
    for report in reports:  # some scanners send the report again with every event: the last has them all
        merged.remarks += report.remarks
        for event in report.events:
            if not event.uids or not event.uids & seen:
                merged.events.append(event)
            seen |= event.uids
    found = joined(images, merged)
    first = next(iter([*files.images, *files.reports]))
    found.person = person_of(first)
    return found
