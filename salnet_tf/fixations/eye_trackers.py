"""What the exports of eye trackers are like: one declaration each, recognised by its columns."""

import dataclasses
import re

# What a column can be of. `trial` keeps apart what one observer saw twice; `left` to `shown_height`
# say where on the screen, and how large, the image of this row was shown.
FIELDS = (
    *("image", "observer", "trial", "order", "x", "y", "duration", "start", "event", "valid"),
    *("eye", "left", "top", "shown_width", "shown_height"),
)


@dataclasses.dataclass(frozen=True)
class EyeTracker:
    """How one kind of export is read.

    Attributes:
        name: as `--format` takes it.
        columns: field (of `FIELDS`) -> the column's possible names; units in brackets and upper
            case make no difference.
        known_by: fields whose columns tell this export from others.
        rows: field -> values of the rows that are fixations.
        units: of x and y: pixels, fraction or percent.
        on_screen: x and y are on the screen, not on the image.
        y_up: y grows upwards.
        seconds: times are in seconds, not milliseconds.
        counted_over: `order` counts a "trial" or the whole "recording".
        repeated: what a row is that repeats a fixation: "same" (all alike), "growing" (the last
            counts) or "moving" (their mean counts).
        file_is_observer: a file is one observer, whose name is the file's.
    """

    name: str
    columns: dict
    known_by: tuple = ()
    rows: dict = dataclasses.field(default_factory=dict)
    units: str = "pixels"
    on_screen: bool = False
    y_up: bool = False
    seconds: bool = False
    counted_over: str = "trial"
    repeated: str = "same"
    file_is_observer: bool = False

    def find(self, names):
        """field -> the name among a table's columns, of the fields that it has."""
        plain = {}
        for name in names:
            plain.setdefault(_plain(name), name)
        found = {}
        for field, candidates in self.columns.items():
            known = [plain[_plain(name)] for name in candidates if _plain(name) in plain]
            if known:
                found[field] = known[0]
        return found


PLAIN = EyeTracker(
    "plain",
    {
        "image": ("image",),
        "observer": ("observer",),
        "trial": ("trial",),
        "order": ("order",),
        "x": ("x",),
        "y": ("y",),
        "duration": ("duration_ms",),
        "eye": ("eye",),
    },
    known_by=("image", "x", "y"),
)
TOBII = EyeTracker(
    "tobii",
    {
        "image": ("Presented Media name", "Presented Stimulus name", "MediaName"),
        "observer": ("Participant name", "ParticipantName"),
        "trial": ("Recording name", "RecordingName"),
        "order": ("Eye movement type index", "Eye movement event index", "FixationIndex"),
        "x": ("Fixation point X", "FixationPointX"),
        "y": ("Fixation point Y", "FixationPointY"),
        "duration": ("Gaze event duration", "Eye movement event duration", "GazeEventDuration"),
        "event": ("Eye movement type", "GazeEventType"),
        "left": ("Presented Media position X",),
        "top": ("Presented Media position Y",),
        "shown_width": ("Presented Media width",),
        "shown_height": ("Presented Media height",),
    },
    known_by=("x", "y", "image"),
    rows={"event": ("Fixation",)},
    on_screen=True,
    counted_over="recording",
)
EYELINK = EyeTracker(
    "eyelink",
    {
        "image": ("image", "stimulus", "picture", "img", "imagefile", "image_file", "image_name",
                  "stimulus_name", "filename"),
        "observer": ("RECORDING_SESSION_LABEL", "DATA_FILE"),
        "trial": ("TRIAL_INDEX", "TRIAL_LABEL"),
        "order": ("CURRENT_FIX_INDEX",),
        "x": ("CURRENT_FIX_X",),
        "y": ("CURRENT_FIX_Y",),
        "duration": ("CURRENT_FIX_DURATION",),
        "eye": ("EYE_REPORTED", "EYE_USED"),
    },
    known_by=("x", "y"),
    on_screen=True,
)  # fmt: skip
GAZEPOINT = EyeTracker(
    "gazepoint",
    {
        "image": ("MEDIA_NAME",),
        "order": ("FPOGID",),
        "x": ("FPOGX",),
        "y": ("FPOGY",),
        "duration": ("FPOGD",),
        "valid": ("FPOGV",),
    },
    known_by=("x", "y"),
    rows={"valid": ("1",)},
    units="fraction",
    on_screen=True,
    seconds=True,
    counted_over="recording",
    repeated="growing",
    file_is_observer=True,
)
PUPIL = EyeTracker(
    "pupil",
    {
        "image": ("surface_name", "image"),
        "order": ("fixation_id",),
        "x": ("norm_pos_x",),
        "y": ("norm_pos_y",),
        "duration": ("duration",),
        "valid": ("on_surf",),
    },
    known_by=("x", "y", "order"),
    rows={"valid": ("True", "true", "TRUE", "1")},
    units="fraction",
    y_up=True,
    counted_over="recording",
    repeated="moving",
    file_is_observer=True,
)
REALEYE = EyeTracker(
    "realeye",
    {
        "image": ("item_filename",),
        "observer": ("participant_id", "tester_id", "participant_display_name"),
        "trial": ("exposure_number",),
        "x": ("fixation_point_x",),
        "y": ("fixation_point_y",),
        "start": ("fixation_starts_at_ms",),
        "duration": ("fixation_duration_ms", "fixation_length_ms", "fixation_duration"),
    },
    known_by=("x", "y", "image"),
    units="percent",
)
SMI = EyeTracker(
    "smi",
    {
        "image": ("Stimulus",),
        "observer": ("Participant", "Subject"),
        "trial": ("Trial",),
        "order": ("Index", "Number"),
        "x": ("Fixation Position X", "Position X", "Location X"),
        "y": ("Fixation Position Y", "Position Y", "Location Y"),
        "duration": ("Event Duration", "Duration"),
        "event": ("Category", "Event Type"),
        "eye": ("Eye L/R", "Eye"),
    },
    known_by=("x", "y", "image"),
    rows={"event": ("Fixation", "Visual Intake", "Fixation L", "Fixation R")},
    on_screen=True,
)
BIDS = EyeTracker(
    "bids",
    {
        "image": ("stim_file", "image", "stimulus"),
        "observer": ("participant_id", "subject"),
        "trial": ("trial", "trial_index"),
        "order": ("fixation_index", "index"),
        "x": ("x_coordinate",),
        "y": ("y_coordinate",),
        "start": ("onset",),
        "duration": ("duration",),
        "event": ("trial_type", "event_type"),
    },
    known_by=("x", "y", "start"),
    rows={"event": ("fixation", "Fixation")},
    on_screen=True,
    seconds=True,
    file_is_observer=True,
)
ALL = {
    tracker.name: tracker
    for tracker in (PLAIN, TOBII, EYELINK, GAZEPOINT, PUPIL, REALEYE, SMI, BIDS)
}


def recognise(names):
    """The export that a table's column names are of, or None."""
    for tracker in ALL.values():
        if set(tracker.known_by) <= set(tracker.find(names)):
            return tracker
    return None


def _plain(name):
    """`Gaze event duration [ms]` -> `gaze event duration`; what is in media coordinates stays."""
    name = re.sub(r"\s*[\[(]\s*(DACS ?)?(px|ms)\s*[\])]", "", str(name), flags=re.IGNORECASE)
    return re.sub(r"[\s_]+", " ", name).strip().casefold()
