"""Tables of fixations, scored by `trainers.evaluate` and built by `data.build`."""

from tests.corpus import case, photos

HEAD = "image,observer,order,x,y,duration_ms"
ROWS = [
    f"{k}.png,s{o},{i},{10 + 7 * i + o},{12 + 3 * k + 5 * o},200"
    for k in range(3)
    for o in range(2)
    for i in range(4)
]
WHOLE = "\n".join([HEAD, *ROWS]) + "\n"


def cases():
    """All of the kind."""
    for name, text, expected in _texts():
        for command, program in (("evaluate", evaluate()), ("build", build())):
            yield case.Case(
                "tables",
                f"{name} ({command})",
                program,
                expected,
                lambda folder, text=text: folder_of(folder, text),
            )
    for name, prepare, expected in _folders():
        yield case.Case("tables", name, evaluate(), expected, prepare)
    yield case.Case(
        "tables", "a pipe for a photo (build)", build(), case.REFUSED, _pipe, said="0.png"
    )
    yield case.Case(
        "tables",
        "a disk that is full (build)",
        build(),
        case.REFUSED,
        lambda folder: folder_of(folder, WHOLE),
        file_limit=3000,
    )


def evaluate(*flags):
    """Score a baseline on the folder `set`."""
    return (
        "trainers.evaluate",
        "--fixations_dir=set",
        "--split=validation",
        "--output_dir=out",
        "--baselines=centre_bias",
        "--metrics=nss",
        *flags,
    )


def build(*flags):
    """Build the folder `set`."""
    return ("data.build", "--dataset=fixation_table", "--source=set", "--data_dir=out", *flags)


def folder_of(
    folder, text, splits="image,split\n0.png,validation\n1.png,validation\n2.png,train\n"
):
    """Write `set` with three photos, its table and its splits."""
    for k in range(3):
        case.write(folder / "set" / "images" / f"{k}.png", photos.encoded("png"))
    case.write(folder / "set" / "fixations.csv", text)
    if splits is not None:
        case.write(folder / "set" / "splits.csv", splits)


def _column(number, value):
    rows = [row.split(",") for row in ROWS]
    return "\n".join([HEAD, *(",".join([*r[:number], value, *r[number + 1 :]]) for r in rows)])


def _cell(number, value):
    row = ROWS[0].split(",")
    row[number] = value
    return "\n".join([HEAD, ",".join(row), *ROWS[1:]]) + "\n"


def _texts():
    right, refused, either = case.RIGHT, case.REFUSED, case.EITHER
    yield "whole", WHOLE, right
    yield "with semicolons", WHOLE.replace(",", ";"), right
    yield "with tabs", WHOLE.replace(",", "\t"), right
    yield "with a mark of byte order", "\ufeff" + WHOLE, right
    yield "in UTF-16", WHOLE.encode("utf-16"), right
    yield "with lines of Windows", WHOLE.replace("\n", "\r\n"), right
    yield "with lines of old Macs", WHOLE.replace("\n", "\r"), either
    yield "without a last line's end", WHOLE.rstrip("\n"), right
    yield "empty", "", refused
    yield "of spaces", "   \n  \n", refused
    yield "of zeros", bytes(500), refused
    yield "of a head alone", HEAD + "\n", refused
    yield "without a head", "\n".join(ROWS), refused
    yield "that is a photo", photos.encoded("png"), refused
    yield "that is html", "<html><body>404</body></html>", refused
    yield "that is json", '{"image": [1, 2]}', refused
    yield "in no encoding", WHOLE.encode() + b"\xff\xfe\x80\x81", either
    yield "with two columns x", WHOLE.replace("order", "x", 1), refused
    for column in ("image", "x", "y"):
        yield f"without the column {column}", WHOLE.replace(column, "other", 1), refused
    yield "with a row too long", WHOLE + "0.png,s0,9,1,2,3,4,5\n", refused
    yield "with a row too short", WHOLE + "0.png,s0\n", either
    yield "with a quote left open", WHOLE + '"0.png,s0,9,1,2,3\n', refused
    for number, name in ((3, "x"), (4, "y")):
        for value in (
            "",
            "nan",
            "inf",
            "-inf",
            "1e300",
            "-5",
            "1e9",
            "word",
            "0x10",
            "1,5",
            "1_000",
            "１２",
        ):
            yield f"one {name} {value!r}", _cell(number, value.replace(",", ".")), either
        for value in ("", "nan", "word", "1e300", "-5"):
            yield f"every {name} {value!r}", _column(number, value), refused
    for value in (
        "",
        "nobody.png",
        "../0.png",
        "/etc/hostname",
        "0.png\x00",
        "n" * 5000,
        "0",
        "images/0.png",
    ):
        yield f"one image {value[:20]!r}", _cell(0, value), either
    yield "every image unknown", _column(0, "nobody.png"), refused
    for value in ("", "-1", "1.5", "word", "1e300", "99999999999999999999"):
        yield f"one order {value!r}", _cell(2, value), either
        yield f"one duration {value!r}", _cell(5, value), either
    yield (
        "fractions",
        "\n".join(
            [HEAD, *(f"{k}.png,s0,{i},0.{i + 1},0.{k + 2},200" for k in range(3) for i in range(6))]
        ),
        refused,
    )
    yield "every row twice", "\n".join([HEAD, *ROWS, *ROWS]), either
    yield (
        "of 200,000 rows",
        "\n".join([HEAD, *(f"0.png,s{i % 9},{i},{i % 90},{i % 60},200" for i in range(200000))]),
        either,
    )


def _folders():
    whole = WHOLE

    def change(edit):
        def prepare(folder):
            folder_of(folder, whole)
            edit(folder / "set")

        return prepare

    def replace_by_folder(path):
        path.unlink()
        path.mkdir()

    yield "no folder", lambda folder: None, case.REFUSED
    yield "no table", change(lambda s: (s / "fixations.csv").unlink()), case.REFUSED
    yield (
        "a folder for a table",
        change(lambda s: replace_by_folder(s / "fixations.csv")),
        case.REFUSED,
    )
    yield (
        "no photos",
        change(lambda s: [p.unlink() for p in (s / "images").iterdir()]),
        case.REFUSED,
    )
    yield (
        "one photo damaged",
        change(lambda s: (s / "images" / "0.png").write_bytes(b"x")),
        case.EITHER,
    )
    yield (
        "every photo damaged",
        change(lambda s: [p.write_bytes(b"x") for p in (s / "images").iterdir()]),
        case.REFUSED,
    )
    yield (
        "one photo a bomb",
        change(lambda s: (s / "images" / "0.png").write_bytes(photos.png_bomb())),
        case.EITHER,
    )
    yield "a pipe for a photo", _pipe, case.EITHER
    for name, splits in (
        ("an empty splits.csv", ""),
        ("splits of a head alone", "image,split\n"),
        ("splits without a column", "image\n0.png\n"),
        ("an image in two splits", "image,split\n0.png,validation\n0.png,train\n1.png,train\n"),
        ("a split of 300 letters", f"image,split\n0.png,{'n' * 300}\n1.png,{'m' * 300}\n"),
        ("splits of unknown images", "image,split\nnobody.png,validation\n"),
        ("a split with a slash", "image,split\n0.png,a/b\n1.png,../c\n"),
    ):
        yield name, lambda folder, splits=splits: folder_of(folder, whole, splits), case.REFUSED


def _pipe(folder):
    import os

    folder_of(folder, WHOLE)
    (folder / "set" / "images" / "0.png").unlink()
    os.mkfifo(folder / "set" / "images" / "0.png")
