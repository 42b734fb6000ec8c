"""Draws each public set's `dummy_data/`: its archives in small, in their exact layout.

`python -m data.draw_dummy_data` writes them all anew. Every image is dark with a white spot where
each observer looks, so that a test sees when points and pixels part.
"""

import io
import json
import pathlib
import zipfile

import cv2
import h5py
import numpy as np
import scipy.io

WIDTH, HEIGHT = 40, 30
OBSERVERS, FIXATIONS = 2, 2
_HERE = pathlib.Path(__file__).parent


def looks(image):
    """The fixated pixels of an image by its number, `[OBSERVERS, FIXATIONS, 2]` x, y from 0."""
    observer, order = np.indices((OBSERVERS, FIXATIONS))
    x = 3 + (7 * image + 5 * observer + 11 * order) % (WIDTH - 6)
    y = 3 + (3 * image + 7 * observer + 5 * order) % (HEIGHT - 6)
    return np.stack([x, y], axis=-1)


def photo(image, suffix=".jpg"):
    """The encoded image of a number."""
    pixels = np.full((HEIGHT, WIDTH, 3), (60, 40, 20), np.uint8)
    for x, y in looks(image).reshape(-1, 2):
        pixels[y - 1 : y + 2, x - 1 : x + 2] = 255
    return cv2.imencode(suffix, pixels)[1].tobytes()


def binary_map(image):
    """A map of an image's fixations, 1 where anybody looked."""
    binary = np.zeros((HEIGHT, WIDTH), np.uint8)
    x, y = looks(image).reshape(-1, 2).T
    binary[y, x] = 1
    return binary


def mat(**variables):
    """The bytes of a .mat file of version 5."""
    file = io.BytesIO()
    scipy.io.savemat(file, {name: _narrow(value) for name, value in variables.items()})
    return file.getvalue()


def _narrow(value):
    """Whole numbers in the narrowest type that holds them, as MATLAB writes them."""
    if isinstance(value, dict):
        return {key: _narrow(one) for key, one in value.items()}
    if isinstance(value, (list, int, float)):
        value = np.array(value)
    if not isinstance(value, np.ndarray) or value.dtype.names:
        return value
    if value.dtype == object:
        narrow = np.empty(value.shape, object)
        for index in np.ndindex(value.shape):
            narrow[index] = _narrow(value[index])
        return narrow
    if value.dtype.kind not in "iuf" or not value.size or (value % 1).any():
        return value
    for kind in (np.uint8, np.int8, np.uint16, np.int16, np.int32):
        if value.min() >= np.iinfo(kind).min and value.max() <= np.iinfo(kind).max:
            return value.astype(kind)
    return value


def cell(values):
    """A column cell array."""
    values = list(values)
    array = np.empty((len(values), 1), object)
    array[:, 0] = values
    return array


def archive(path, files):
    """Write a zip of name -> bytes, its entries dated 1980 so that it is the same every time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def salicon(folder):
    """Images of three folders; a struct `gaze` per observer, coordinates from 1; no test truth."""
    images = {"train": [0, 1], "val": [2], "test": [3]}
    name = "COCO_{}2014_{:012d}"
    stimuli = {
        f"images/{split}/{name.format(split, i)}.jpg": photo(i)
        for split, numbers in images.items()
        for i in numbers
    }
    archive(folder / "stimuli.zip", stimuli)
    for edition in ("2015", "2017"):
        mats = {
            f"{split}/{name.format(split, i)}.mat": mat(
                gaze=_gaze(i), image=name, resolution=[1, 1]
            )
            for split in ("train", "val")
            for i in images[split]
        }
        archive(folder / f"fixations_{edition}.zip", mats)


def _gaze(image):
    fields = [("location", object), ("timestamp", object), ("fixations", object)]
    gaze = np.empty((OBSERVERS, 1), fields)
    for observer, points in enumerate(looks(image)):
        times = np.arange(len(points)) * 100
        gaze[observer, 0] = tuple(_narrow(one) for one in (points + 1, times, points + 1))
    return gaze


def mit1003(folder):
    """Gaze samples of 240 Hz per observer and image, a struct named as the image, from 1."""
    images = {f"i{number}": number for number in range(4)}
    stimuli = {f"ALLSTIMULI/{name}.jpeg": photo(i) for name, i in images.items()}
    archive(folder / "ALLSTIMULI.zip", {**stimuli, "__MACOSX/ALLSTIMULI/._i0.jpeg": b"litter"})
    data = {}
    for observer, user in enumerate(("CNG", "ajs")):
        for name, number in images.items():
            trial = {"eyeData": _samples(looks(number)[observer]), "stimname": f"{name}.jpeg"}
            data[f"DATA/{user}/{name}.mat"] = mat(**{name: {"DATA": trial}})
    archive(folder / "DATA.zip", data)


def _samples(points):
    """On the cross for 0.2 s, then at each point for 0.25 s, a blink of 0.1 s between."""
    rows = [np.tile([WIDTH / 2, HEIGHT / 2], (48, 1))]
    for point in points:
        rows += [np.full((24, 2), -1.0), np.tile(point + 1.0, (60, 1))]
    return np.concatenate(rows)


def cat2000(folder):
    """The same file names in every category, and a map of locations each."""
    files = {"trainSet/Stimuli/Action/Output/001.jpg": b"an output map, no stimulus"}
    for number, category in enumerate(("Action", "Satelite")):
        for i in (1, 2):
            image = 2 * number + i - 1
            files[f"trainSet/Stimuli/{category}/{i:03d}.jpg"] = photo(image)
            files[f"trainSet/FIXATIONLOCS/{category}/{i:03d}.mat"] = mat(fixLocs=binary_map(image))
    archive(folder / "trainSet.zip", files)


def toronto(folder):
    """Two of the 120 images, and the cell array `white` of their maps."""
    white = np.empty((1, 2), object)
    white[0, :] = [binary_map(0), binary_map(1)]
    top = "eyetrackingdata/fixdens"
    files = {f"{top}/Original Image Set/{i + 1}.jpg": photo(i) for i in range(2)}
    archive(folder / "eyetrackingdata.zip", {**files, f"{top}/origfixdata.mat": mat(white=white)})


def osie(folder):
    """A repository: stimuli and one .mat file of cells in structs in cells."""
    _nus(folder / "predicting-human-gaze-beyond-pixels-master.zip", "{:04d}.jpg", first=1001)


def eyecrowd(folder):
    """As OSIE; the second observer of the last image saw nothing."""
    _nus(folder / "saliency-in-crowd-master.zip", "{:03d}.jpg", first=1, last_blind=True)


def _nus(path, name, first, last_blind=False):
    images = {name.format(first + i): i for i in range(4)}
    cells = []
    for file_name, i in images.items():
        subjects = [
            {
                "fix_x": p[:, 0].astype(float),
                "fix_y": p[:, 1].astype(float),
                "fix_duration": [200, 250],
            }
            for p in looks(i)
        ]
        if last_blind and i == 3:
            subjects[1] = np.empty((0, 0))
        cells.append({"img": file_name, "subjects": cell(subjects)})
    top = path.stem
    files = {f"{top}/data/stimuli/{file_name}": photo(i) for file_name, i in images.items()}
    archive(path, {**files, f"{top}/data/eye/fixations.mat": mat(fixations=cell(cells))})


def scene500(folder):
    """A cell per image and observer, rows of (y, x, start, duration) in seconds; one is empty."""
    cells = np.empty((3, OBSERVERS), object)
    for i in range(3):
        for observer, points in enumerate(looks(i)):
            # All of the first image's numbers are whole, and so of 8 bits.
            times = np.tile([0.1, 0.25] if i else [1, 2], (len(points), 1))
            cells[i, observer] = np.hstack([points[:, ::-1], times])
    cells[2, 1] = np.empty((0, 0))
    files = {f"Scene-master/data/stimuli/{i + 1:03d}.jpg": photo(i) for i in range(3)}
    files["Scene-master/data/tidy/fixations.mat"] = mat(fixations=cells)
    archive(folder / "Scene-master.zip", files)


def pascal_s(folder):
    """A .mat file of version 7.3 (HDF5): references to rows of (y, x, observer), all from 1."""
    file = io.BytesIO()
    with h5py.File(file, "w") as hdf5:
        references = np.empty((1, 2), h5py.ref_dtype)
        for i in range(2):
            rows = [
                (y + 1, x + 1, observer + 1)
                for observer, points in enumerate(looks(i))
                for x, y in points
            ]
            stored = hdf5.create_dataset(f"#refs#/{i}", data=np.array(rows, float).T)
            references[0, i] = stored.ref
        hdf5.create_dataset("fixCell", data=references)
    files = {f"datasets/imgs/pascal/{i + 1}.jpg": photo(i) for i in range(2)}
    files["datasets/fixations/pascalFix.mat"] = file.getvalue()
    archive(folder / "salObj.zip", files)


def dut_omron(folder):
    """Rows of (x, y, observer) from 0, one row of the image's size marked as observer 0."""
    images, mats = {}, {}
    for i in range(3):
        name = f"sun_{i}"
        images[f"DUT-OMRON-image/{name}.jpg"] = photo(i)
        rows = [(x, y, o + 1) for o, points in enumerate(looks(i)) for x, y in points]
        rows.insert(0, (WIDTH, HEIGHT, 0))
        mats[f"DUT-OMRON-eye-fixations/mat/{name}.mat"] = mat(s=np.array(rows, np.uint16))
    archive(folder / "DUT-OMRON-image.zip", images)
    archive(folder / "DUT-OMRON-eye-fixations.zip", mats)


def fiwi(folder):
    """Pages, and maps of the fixations of all observers over 5 s."""
    files = {}
    for i, name in enumerate(("news", "shop")):
        files[f"webpage_dataset/stimuli/{name}.png"] = photo(i, ".png")
        white = cv2.imencode(".png", binary_map(i) * 255)[1].tobytes()
        files[f"webpage_dataset/eyeMaps/all5/{name}.png"] = white
    archive(folder / "webpage_dataset.zip", files)


def coco_freeview(folder):
    """Two archives of folders by search target, one image in both; scanpaths as JSON."""
    names = [f"{i:012d}.jpg" for i in range(3)]
    present = {f"images/bottle/{names[0]}": photo(0), f"images/car/{names[1]}": photo(1)}
    absent = {f"coco_search18_images_TA/cup/{names[i]}": photo(i) for i in (1, 2)}
    archive(folder / "COCOSearch18-images-TP.zip", present)
    archive(folder / "COCOSearch18-images-TA.zip", absent)
    scanpaths = [
        {
            "name": names[i], "subject": observer + 1, "task": "freeview",
            "X": points[:, 0].tolist(), "Y": points[:, 1].tolist(), "T": [200, 250],
            "length": len(points), "split": "valid" if i == 2 else "train",
        }
        for i in range(3)
        for observer, points in enumerate(looks(i))
    ]  # fmt: skip
    (folder / "COCOFreeView_fixations_trainval.json").write_text(json.dumps(scanpaths))


def figrim(folder):
    """Fillers by category; a struct per image with a struct per user, empty if not shown; from 1.

    Coordinates are of the images as they were shown, here as large as they are.
    """
    images, structs = {}, []
    for i, (category, name) in enumerate(
        [("beach", "sun_a"), ("beach", "sun_b"), ("cave", "sun_a")]
    ):
        images[f"Fillers/{category}/{name}.jpg"] = photo(i)
        users = [
            {"trial": 7 + user, "SDT": [4, 0, 0],
             "fixations": {"enc": np.vstack([[WIDTH // 2, HEIGHT // 2], points + 1]),
                           "rec": np.empty((0, 0)), "rec2": np.empty((0, 0))}}
            for user, points in enumerate(looks(i))
        ]  # fmt: skip
        users.append({"trial": np.empty((0, 0)), "SDT": np.empty((0, 0)),
                      "fixations": np.empty((0, 0))})  # fmt: skip
        of_image = {"filename": f"{name}.jpg", "category": category, "userdata": _structs(users)}
        structs.append(of_image)
    archive(folder / "Fillers.zip", images)
    (folder / "allImages_fillers.mat").write_bytes(mat(allImages=_structs(structs)))


def _structs(dicts):
    """A struct array of dicts with the same keys."""
    array = np.empty((1, len(dicts)), [(key, object) for key in dicts[0]])
    for i, one in enumerate(dicts):
        array[0, i] = tuple(_narrow(value) for value in one.values())
    return array


SETS = (
    salicon, mit1003, cat2000, toronto, osie, eyecrowd, scene500, pascal_s, dut_omron, fiwi,
    coco_freeview, figrim,
)  # fmt: skip


if __name__ == "__main__":
    for draw in SETS:
        draw(_HERE / draw.__name__ / "dummy_data")
