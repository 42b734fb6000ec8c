"""Flags: every one of every command with values that no run can have; flag files; environments.

The commands would find nothing to work on, so that none of them may end well.
"""

import functools
import subprocess
import sys
import xml.etree.ElementTree

from tests.corpus import case, photos

COMMANDS = {
    "salnet-predict": ("nowhere.png",),
    "trainers.train": ("--dataset=nobody", "--data_dir=nowhere", "--workdir=out"),
    "trainers.distill": (
        "--dataset=nobody",
        "--data_dir=nowhere",
        "--workdir=out",
        "--teacher=nobody",
    ),
    "trainers.evaluate": ("--fixations_dir=nowhere", "--output_dir=out"),
    "trainers.export": ("--model=nobody", "--output_dir=out"),
    "trainers.profile": ("--models=nobody", "--output_dir=out"),
    "trainers.scoreboard": ("--scores=nowhere",),
    "trainers.verify_data": ("--dataset=nobody", "--data_dir=nowhere"),
    "data.build": ("--dataset=fixation_table", "--source=nowhere", "--data_dir=out"),
}
# Of a flag's type, values that are refused for what they are, and those that may pass.
_NEVER = {
    "int": ("abc", "1e400"),
    "float": ("abc", "nan", "1e300"),
    "bool": ("maybe",),
    "string enum": ("nobody",),
}
_OTHER = {"int": ("", "-1", "1000000000"), "float": ("", "-1", "inf")}


@functools.cache
def flags_of(program):
    """[(name, type)] of the flags that a command's --help lists."""
    command = ["-m", program]
    if program == "salnet-predict":
        command = ["-c", "from salnet_tf.serving import salnet_predict; salnet_predict.run()"]
    done = subprocess.run(
        [sys.executable, *command, "--helpxml"], capture_output=True, text=True, timeout=300
    )
    root = xml.etree.ElementTree.fromstring(done.stdout)
    return [
        (flag.findtext("name"), flag.findtext("type"))
        for flag in root.iter("flag")
        if flag.findtext("key") == "yes"
        or (program == "salnet-predict" and "salnet_predict" in flag.findtext("file"))
    ]


def cases():
    """All of the kind."""
    for program, arguments in COMMANDS.items():
        for name, kind in flags_of(program):
            for value in _NEVER.get(kind, ()):
                yield _case(program, arguments, name, value, said=name)
            for value in _OTHER.get(kind, ("",)):
                yield _case(program, arguments, name, value)
        yield _whole(f"{program} alone", (program,))
        yield _whole(f"{program} --nobody", (program, *arguments, "--nobody=1"), said="nobody")
    program, arguments = "salnet-predict", COMMANDS["salnet-predict"]
    for name, content in (
        ("missing", None),
        ("a photo", photos.jpeg_bomb()),
        ("text", "some text\n" * 9),
        ("a flag that is unknown", "--nobody=1\n"),
        ("one that names itself", "--flagfile=flags.txt\n"),
        ("zeros", bytes(999)),
    ):
        for command in (
            ("salnet-predict", *arguments),
            ("trainers.train", *COMMANDS["trainers.train"]),
        ):
            yield case.Case(
                "flags",
                f"{command[0]} --flagfile: {name}",
                (*command, "--flagfile=flags.txt"),
                case.REFUSED,
                lambda folder, c=content: c is None or case.write(folder / "flags.txt", c),
            )
    for size in (
        "0x0",
        "240",
        "axb",
        "-16x16",
        "16x16x16",
        "160000x160000",
        "17x33",
        "1e9x16",
        "１６x16",
    ):
        yield _whole(
            f"trainers.train --image_size={size}",
            ("trainers.train", *COMMANDS["trainers.train"], f"--image_size={size}"),
        )
    for text in (
        "1:0",
        "0:0",
        "1:1:1",
        "a:b",
        "200",
        "0x9",
        "-1x9",
        "1e9x1e9",
        "99999x99999",
        "1:1e9",
    ):
        yield _whole(
            f"salnet-predict --crop={text}",
            ("salnet-predict", "photo.png", f"--crop={text}", "--output_dir=out"),
            prepare=lambda folder: case.write(folder / "photo.png", photos.encoded("png")),
        )
    for value in (
        "",
        "{",
        "[]",
        "1",
        '{"cluster": 3}',
        '{"cluster": {"worker": 3}, "task": []}',
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": "x"}}',
    ):
        yield case.Case(
            "flags",
            f"TF_CONFIG {value}",
            ("trainers.train", *COMMANDS["trainers.train"], "--strategy=multi_worker"),
            environment=(("TF_CONFIG", value),),
        )


def _case(program, arguments, name, value, **options):
    kept = [a for a in arguments if not a.startswith(f"--{name}=")]
    return _whole(f"{program} --{name}={value}", (program, *kept, f"--{name}={value}"), **options)


def _whole(name, command, **options):
    return case.Case("flags", name, command, case.REFUSED, **options)
