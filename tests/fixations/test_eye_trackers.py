"""82 fixations of 3 observers on 3 photos, exported by each eye tracker, come back as they were.

The photos have three sizes and were shown in the middle of a screen.
"""

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from salnet_tf.fixations import eye_trackers, table
from salnet_tf.fixations import reading as reading_lib

SIZES = {"beach.jpg": (600, 800), "street.jpg": (768, 1024), "cat.png": (900, 700)}
SCREEN = (1920, 1080)
CENTRED = {"screen": SCREEN, "offset": "centred"}


@pytest.fixture(scope="module")
def truth():
    """One row per fixation, in pixels of its photo; `sx`, `sy` on the screen, `index` of all."""
    generator = np.random.default_rng(0)
    rows = []
    for observer in ("P01", "P02", "P10"):
        for image, (height, width) in SIZES.items():
            for order in range(10 if (observer, image) == ("P01", "cat.png") else 9):
                x, y = generator.uniform(1, (width - 1, height - 1)).round(2)
                rows.append((image, observer, order, x, y, int(generator.integers(80, 600))))
    frame = pd.DataFrame(rows, columns=["image", "observer", "order", "x", "y", "ms"])
    size = frame["image"].map(SIZES)
    left, top = (SCREEN[0] - size.str[1]) / 2, (SCREEN[1] - size.str[0]) / 2
    frame = frame.assign(left=left, top=top, sx=frame["x"] + left, sy=frame["y"] + top)
    assert len(frame) == 82
    return frame.assign(index=frame.groupby("observer").cumcount() + 1)


def _samples(truth, seed=1):
    """Each row a few times, as a recorder that writes a row per sample; `sample` counts."""
    counts = np.random.default_rng(seed).integers(2, 25, len(truth))
    frame = truth.loc[truth.index.repeat(counts)]
    return frame.assign(sample=frame.groupby(level=0).cumcount(), samples=np.repeat(counts, counts))


def _write(frame, path, comma=False, preamble="", **options):
    content = frame.to_csv(index=False, lineterminator="\n", decimal="," if comma else ".",
                           sep=options.pop("sep", "\t"), **options)  # fmt: skip
    return path.write_text(preamble + content, encoding="utf-8-sig")


def tobii(truth, folder):
    rows = _samples(truth)
    frame = pd.DataFrame({
        "Recording timestamp": range(len(rows)),
        "Participant name": rows["observer"],
        "Recording name": "Recording " + rows["observer"],
        "Presented Stimulus name": rows["image"],
        "Presented Media position X (DACSpx)": rows["left"],
        "Presented Media position Y (DACSpx)": rows["top"],
        "Presented Media width": rows["image"].map(lambda name: SIZES[name][1]),
        "Presented Media height": rows["image"].map(lambda name: SIZES[name][0]),
        "Gaze point X": rows["sx"] + 3,
        "Eye movement type": "Fixation",
        "Gaze event duration": rows["ms"],
        "Eye movement type index": rows["index"],
        "Fixation point X": rows["sx"],
        "Fixation point Y": rows["sy"],
    })  # fmt: skip
    between = frame.assign(**{"Eye movement type": "Saccade", "Fixation point X": np.nan,
                              "Fixation point Y": np.nan})  # fmt: skip
    nothing = frame[:9].assign(**{"Presented Stimulus name": np.nan, "Eye movement type index": 0})
    frame = pd.concat([frame, between[::3], nothing]).sort_values("Recording timestamp")
    _write(frame, folder / "fixations.csv", comma=True)
    return {}


def eyelink(truth, folder):
    frame = pd.DataFrame({
        "RECORDING_SESSION_LABEL": truth["observer"],
        "TRIAL_INDEX": truth["image"].map(list(SIZES).index) + 1,
        "CURRENT_FIX_INDEX": truth["order"] + 1,
        "CURRENT_FIX_X": truth["sx"],
        "CURRENT_FIX_Y": truth["sy"],
        "CURRENT_FIX_DURATION": truth["ms"],
        "NEXT_SAC_AMPLITUDE": ".",
        "image": truth["image"],
    })  # fmt: skip
    _write(frame, folder / "fixations.csv", comma=True)
    return CENTRED


def gazepoint(truth, folder):
    for observer, rows in _samples(truth).groupby("observer"):
        done = (rows["sample"] + 1) / rows["samples"]
        jitter = (1 - done) * 0.004  # the place settles while the fixation lasts
        frame = pd.DataFrame({
            "MEDIA_ID": rows["image"].map(list(SIZES).index),
            "MEDIA_NAME": rows["image"],
            "CNT": range(len(rows)),
            "FPOGX": rows["sx"] / SCREEN[0] + jitter,
            "FPOGY": rows["sy"] / SCREEN[1] - jitter,
            "FPOGS": 0.5,
            "FPOGD": rows["ms"] / 1000 * done,
            "FPOGID": rows["index"],
            "FPOGV": 1,
            "USER": "",
        })  # fmt: skip
        lost = frame[::5].assign(FPOGV=0, FPOGX=0, FPOGY=0)
        frame = pd.concat([frame, lost]).sort_values("CNT", kind="stable")
        _write(frame, folder / f"{observer}.csv", sep=",")
    return {"fixations": "P*.csv", **CENTRED}


def pupil(truth, folder):
    """The rows of a surface, which is one photo."""
    for observer, rows in _samples(truth).groupby("observer"):
        size = rows["image"].map(SIZES)
        shake = np.where(rows["sample"] % 2, 0.01, -0.01) * (rows["samples"] % 2 == 0)
        frame = pd.DataFrame({
            "world_timestamp": range(len(rows)),
            "world_index": range(len(rows)),
            "fixation_id": rows["index"],
            "duration": rows["ms"],
            "norm_pos_x": rows["x"] / size.str[1] + shake,  # the head moves
            "norm_pos_y": 1 - rows["y"] / size.str[0],
            "on_surf": True,
        })  # fmt: skip
        away = frame[::4].assign(on_surf=False, norm_pos_x=1.4)
        _write(pd.concat([frame, away]), folder / f"{observer}.csv", sep=",")
    return {"fixations": "P*.csv"}


def realeye(truth, folder):
    size = truth["image"].map(SIZES)
    frame = pd.DataFrame({
        "study_id": "0b1c",
        "item_filename": truth["image"],
        "participant_id": truth["observer"],
        "fixation_point_x": 100 * truth["x"] / size.str[1],
        "fixation_point_y": 100 * truth["y"] / size.str[0],
        "fixation_starts_at_ms": 700 * truth["order"] + 13,
        "fixation_duration_ms": truth["ms"],
    })  # fmt: skip
    _write(frame.sample(frac=1, random_state=0), folder / "fixations.csv", sep=",")
    return {}


def smi(truth, folder):
    frame = pd.DataFrame({
        "Trial": "Trial001",
        "Stimulus": truth["image"],
        "Participant": truth["observer"],
        "Eye L/R": "Right",
        "Category": "Fixation",
        "Index": truth["order"] + 1,
        "Event Duration [ms]": truth["ms"],
        "Fixation Position X [px]": truth["sx"],
        "Fixation Position Y [px]": truth["sy"],
    })  # fmt: skip
    saccades = frame.assign(Category="Saccade", **{"Fixation Position X [px]": "-",
                                                   "Fixation Position Y [px]": "-"})  # fmt: skip
    content = pd.concat([frame, saccades]).sort_index().to_csv(index=False, sep="\t")
    preamble = "## [BeGaze]\r\n## Date:\t2020\r\n"
    (folder / "fixations.csv").write_text(preamble + content, encoding="utf-16")
    return CENTRED


def bids(truth, folder):
    names = ["onset", "duration", "trial_type", "x_coordinate", "y_coordinate", "stim_file"]
    for observer, rows in truth.groupby("observer"):
        frame = pd.DataFrame({
            "onset": rows["index"] * 0.7,
            "duration": rows["ms"] / 1000,
            "trial_type": "fixation",
            "x": rows["sx"],
            "y": rows["sy"],
            "stim_file": "images/" + rows["image"],
        })  # fmt: skip
        frame = pd.concat([frame, frame.assign(trial_type="saccade", x="n/a", y="n/a")])
        stem = f"sub-{observer}_task-look_recording-eye1_physioevents"
        content = frame.to_csv(index=False, header=False, sep="\t", na_rep="n/a")
        (folder / f"{stem}.tsv.gz").write_bytes(gzip.compress(content.encode()))
        (folder / f"{stem}.json").write_text(json.dumps({"Columns": names}))
    return {"fixations": "sub-*_physioevents.tsv.gz", **CENTRED}


EXPORTS = (tobii, eyelink, gazepoint, realeye, smi, bids)


def _fixations(found):
    """image, observer, order, x, y, duration of what is read, sorted."""
    found.match(list(SIZES))
    rows = found.rows[found.rows["dropped"] == ""].copy()
    for image, part in rows.groupby("image"):
        rows.loc[part.index, ["x", "y"]] = reading_lib.on_image(part, found.reading, SIZES[image])
    return rows.sort_values(["image", "observer", "order"])


def _check(rows, truth):
    truth = truth.assign(observer=truth["observer"].map(["P01", "P02", "P10"].index))
    truth = truth.sort_values(["image", "observer", "order"])
    for name in ("image", "observer", "order"):
        assert rows[name].tolist() == truth[name].tolist()
    np.testing.assert_allclose(rows[["x", "y"]], truth[["x", "y"]], atol=0.1)
    np.testing.assert_allclose(rows["duration"], truth["ms"], atol=1)


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.__name__)
def test_all_82_are_right_and_the_export_is_said(export, truth, tmp_path):
    found = table.read(tmp_path, reading_lib.Reading(**export(truth, tmp_path)))
    assert found.notes[0] == f"read as an export of {export.__name__}"
    assert len(found.observers) == 3
    _check(_fixations(found), truth)
    assert not {table.NO_IMAGE, table.DUPLICATE} & set(found.rows["dropped"])


def test_pupils_surfaces_are_one_image_each(truth, tmp_path):
    parts = []
    for image in SIZES:
        folder = tmp_path / image
        folder.mkdir()
        how = pupil(truth[truth["image"] == image], folder)
        with pytest.raises(ValueError, match="no column image"):
            table.read(folder, reading_lib.Reading(**how))
        found = table.read(folder, reading_lib.Reading(image=image, **how))
        assert found.notes[0] == "read as an export of pupil"
        parts.append(_fixations(found))
    _check(pd.concat(parts).sort_values(["image", "observer", "order"]), truth)


def test_a_format_can_be_named_and_its_parts_overridden(truth, tmp_path):
    realeye(truth, tmp_path)
    found = table.read(tmp_path, reading_lib.Reading(format="realeye"))
    _check(_fixations(found), truth)
    half = table.read(tmp_path, reading_lib.Reading(units="pixels", scale=(2, 2)))
    assert half.rows["x"].max() > 180 and half.reading.units == "pixels"
    with pytest.raises(ValueError, match="no column image, x, y"):
        table.read(tmp_path, reading_lib.Reading(format="plain"))


def test_fractions_of_the_screen_need_the_screen_and_the_images_place(truth, tmp_path):
    how = gazepoint(truth, tmp_path)
    with pytest.raises(ValueError, match=r"gazepoint records fractions of the screen.* --screen="):
        table.read(tmp_path, reading_lib.Reading(fixations=how["fixations"]))
    with pytest.raises(ValueError, match=r"offset says where the image was"):
        table.read(tmp_path, reading_lib.Reading(fixations=how["fixations"], screen=SCREEN))


def test_names_of_columns_are_told_apart():
    assert eye_trackers.recognise(["image", "x", "y"]) is eye_trackers.PLAIN
    assert eye_trackers.recognise(["participant", "gaze_x", "gaze_y"]) is None
