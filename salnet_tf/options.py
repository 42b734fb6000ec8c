"""Options written once: a dataclass field carries its type, default, range and help.

`option` makes such a field, `check` refuses values out of range, `define` makes absl flags of the
fields and `from_flags` a dataclass of the flags. Fields made otherwise have no flag.
"""

import dataclasses
import math
import re
import types
import typing

from absl import flags

from salnet_tf import files

# The flags are those of the module that calls `define`, whose --help shows them.
flags.disclaim_key_flags()

_LONGEST_SIDE = 16384


@dataclasses.dataclass(frozen=True)
class _Option:
    help: str
    flag: str | None  # the flag's name, where it is not the field's
    at_least: float | None
    above: float | None
    at_most: float | None
    below: float | None
    choices: tuple[str, ...]

    def range(self):
        """The range in words, empty where there is none."""
        low = {
            self.at_least: f"at least {self.at_least}",
            self.above: f"above {self.above}",
        }
        high = {self.at_most: f"at most {self.at_most}", self.below: f"below {self.below}"}
        return " and ".join(
            words for ends in (low, high) for end, words in ends.items() if end is not None
        )

    def holds(self, number):
        return (
            math.isfinite(number)
            and (self.at_least is None or number >= self.at_least)
            and (self.above is None or number > self.above)
            and (self.at_most is None or number <= self.at_most)
            and (self.below is None or number < self.below)
        )


def option(
    help,
    default=dataclasses.MISSING,
    *,
    flag=None,
    at_least=None,
    above=None,
    at_most=None,
    below=None,
    choices=(),
):
    """A dataclass field that is an option.

    Args:
        help: one sentence or two, with the unit.
        default: of the field and of the flag; without one the option is required, and a required
            text must not be empty.
        flag: name of the flag, by default the field's.
        at_least, above, at_most, below: bounds of a number, or of each of several.
        choices: the texts that are allowed.
    """
    spec = _Option(help, flag, at_least, above, at_most, below, tuple(choices))
    return dataclasses.field(default=default, metadata={"option": spec})


def check(config):
    """Refuse a value out of its range, none of its choices, or an empty one that is required.

    Args:
        config: a dataclass with fields made by `option`.

    Raises:
        ValueError: there is one; the sentence has its name and value.
    """
    for field in _fields(type(config)):
        spec, value = field.metadata["option"], getattr(config, field.name)
        required = field.default is dataclasses.MISSING
        if required and (value is None or (isinstance(value, (str, tuple)) and not value)):
            raise ValueError(f"{field.name} must not be empty. Received: {value!r}")
        if spec.choices and value not in spec.choices:
            raise ValueError(
                f"{field.name} must be one of {', '.join(spec.choices)}. Received: {value!r}"
            )
        numbers = value if isinstance(value, tuple) else (value,)
        if spec.range() and value is not None and not all(map(spec.holds, numbers)):
            raise ValueError(f"{field.name} must be {spec.range()}. Received: {value}")


def define(config, defaults=None, only=None):
    """Define an absl flag for each option of a dataclass; called by the module that is run.

    Args:
        config: the dataclass.
        defaults: {field: default of the flag in place of the field's}.
        only: names of the fields to take, in this order; all by default.
    """
    found = {field.name: field for field in _fields(config)}
    defaults = defaults or {}
    for name in only or found:
        _define(found[name], defaults.get(name, found[name].default))


def from_flags(config, **given):
    """A dataclass of the flags that `define` made of it.

    Args:
        config: the dataclass.
        **given: values of other fields.
    """
    values = {}
    for field in _fields(config):
        name = _flag_name(field)
        if field.name not in given and name in flags.FLAGS:
            value = flags.FLAGS[name].value
            values[field.name] = tuple(value) if isinstance(value, list) else value
    return config(**values, **given)


def record(folder):
    """Leave flags.txt in a `RunFolder`, so that `--flagfile=WORKDIR/flags.txt` replays the run."""
    lines = [flag.serialize() for flag in flags.FLAGS.get_key_flags_for_module("__main__")]
    text = "\n".join(line for line in lines if line) + "\n"
    files.write_bytes(folder.join("flags.txt"), text.encode())


def size(text):
    """`240x320` -> (240, 320), height and width in pixels.

    Raises:
        ValueError: the text is not HEIGHTxWIDTH, or a side is above 16384.
    """
    sides = text.lower().split("x")
    whole = len(sides) == 2 and all(re.fullmatch(r"[0-9]{1,5}", side) for side in sides)
    if not whole or not all(0 < int(side) <= _LONGEST_SIDE for side in sides):
        raise ValueError(
            f"image_size must be HEIGHTxWIDTH, each 1..{_LONGEST_SIDE} pixels. Received: {text!r}"
        )
    return int(sides[0]), int(sides[1])


class _Sides(flags.ArgumentParser):
    """Flag text <-> (height, width); an empty text is None."""

    syntactic_help = "HEIGHTxWIDTH"

    def parse(self, argument):
        return size(argument) if isinstance(argument, str) and argument else argument or None

    def flag_type(self):
        return "string"


class _Sized(flags.ArgumentSerializer):
    def serialize(self, value):
        return "x".join(map(str, value)) if value else ""


class _Numbers(flags.ArgumentParser):
    """Flag text <-> numbers joined by commas."""

    def parse(self, argument):
        if not isinstance(argument, str):
            return list(argument)
        texts = argument.split(",") if argument else []
        try:
            return [float(text) for text in texts]
        except ValueError as error:
            raise ValueError(f"must be numbers joined by commas. Received: {argument}") from error

    def flag_type(self):
        return "comma separated list of numbers"


class _Joined(flags.ArgumentSerializer):
    def serialize(self, value):
        return ",".join(map(str, value))


def _define(field, default):
    spec, name, kind = field.metadata["option"], _flag_name(field), _kind(field.type)
    required = default is dataclasses.MISSING
    default = None if required else default
    text = f"{spec.help} ({spec.range()})" if spec.range() else spec.help
    if spec.choices:
        flags.DEFINE_enum(name, default, spec.choices, text)
    elif kind == tuple[int, int]:
        flags.DEFINE(_Sides(), name, default, text, serializer=_Sized())
    elif kind == tuple[float, ...]:
        flags.DEFINE(_Numbers(), name, default, text, serializer=_Joined())
    elif kind == tuple[str, ...]:
        flags.DEFINE_list(name, default if default is None else list(default), text)
    else:
        make = {
            str: flags.DEFINE_string,
            bool: flags.DEFINE_bool,
            int: flags.DEFINE_integer,
            float: flags.DEFINE_float,
        }[kind]
        make(name, default, text)
    if required:
        flags.mark_flag_as_required(name)


def _kind(annotation):
    """The type of a field without its `| None`."""
    if isinstance(annotation, types.UnionType):
        (annotation,) = (a for a in typing.get_args(annotation) if a is not types.NoneType)
    return annotation


def _flag_name(field):
    return field.metadata["option"].flag or field.name


def _fields(config):
    return [field for field in dataclasses.fields(config) if "option" in field.metadata]
