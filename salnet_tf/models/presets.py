"""Configurations of the network, and the presets that name them (no Keras, no TensorFlow here)."""

import dataclasses
import os
import types

# Beyond these a network is a mistake: it would take gigabytes before anything is said.
MOST_CHANNELS, MOST_DILATION, MOST_KERNEL = 16384, 64, 255
# (height, width) in pixels of the canvas of a network, where nothing else is asked for.
IMAGE_SIZE = (240, 320)
# The folder of the shipped files.
WEIGHTS_DIR = os.path.join(os.path.dirname(os.path.dirname(__file__)), "weights")


@dataclasses.dataclass(frozen=True)
class ModuleConfig:
    """One inverted residual module (arXiv:1801.04381): expand 1x1, depthwise, project 1x1.

    Args:
        filters: channels of its output.
        expanded: channels of the expanded tensor, on which the depthwise convolution works.
        stride: 1 or 2, of the depthwise convolution.
        kernel_size: odd side of the depthwise kernel.
        dilation: of the depthwise kernel; more than 1 only at stride 1.
        pool: True puts a 2x2 max-pool before the module.
        upsample: True doubles the resolution (bilinear) before the module.
        skip: number (1..13) of an earlier module whose output is concatenated to the input, or 0.
        context: True adds to the depthwise output a projection of its global average.
    """

    filters: int
    expanded: int
    stride: int = 1
    kernel_size: int = 3
    dilation: int = 1
    pool: bool = False
    upsample: bool = False
    skip: int = 0
    context: bool = False

    def __post_init__(self):
        if not all(1 <= count <= MOST_CHANNELS for count in (self.filters, self.expanded)):
            raise ValueError(f"A module has 1..{MOST_CHANNELS} channels. Received: {self}")
        if self.stride not in (1, 2) or (self.dilation > 1 and self.stride > 1):
            raise ValueError(
                f"stride must be 1 or 2, and 1 where the kernel is dilated. Received: {self}"
            )
        odd = self.kernel_size % 2 and 1 <= self.kernel_size <= MOST_KERNEL
        if not odd or not 1 <= self.dilation <= MOST_DILATION:
            raise ValueError(
                f"kernel_size must be odd and 1..{MOST_KERNEL}, dilation 1..{MOST_DILATION}. "
                f"Received: {self}"
            )


@dataclasses.dataclass(frozen=True)
class SalNetConfig:
    """Two 3x3 convolutions, thirteen inverted residual modules, one 1x1 reduction to one channel.

    Args:
        stem_filters: channels of the two 3x3 convolutions.
        stem_strides: their strides, each 1 or 2.
        modules: thirteen `ModuleConfig`.
        activation: a Keras activation after the stem, expansion and depthwise convolutions.
        prior_gaussians: Gaussians in the centre prior; 0 leaves it out.
        smoothing: odd side of a learned smoothing kernel on the logits at the output stride; 0
            leaves it out.
        calibrated: True ends in a `Calibration` layer, for another data set's centre and spread.
    """

    stem_filters: tuple[int, int]
    stem_strides: tuple[int, int]
    modules: tuple[ModuleConfig, ...]
    activation: str = "relu6"
    prior_gaussians: int = 8
    smoothing: int = 0
    calibrated: bool = False

    def __post_init__(self):
        modules = tuple(
            m if isinstance(m, ModuleConfig) else ModuleConfig(**m) for m in self.modules
        )
        object.__setattr__(self, "modules", modules)
        object.__setattr__(self, "stem_filters", tuple(self.stem_filters))
        object.__setattr__(self, "stem_strides", tuple(self.stem_strides))
        if len(modules) != 13:
            raise ValueError(f"A SalNet has 13 modules. Received: {len(modules)}")
        if len(self.stem_filters) != 2 or len(self.stem_strides) != 2:
            raise ValueError(f"A SalNet's stem has two convolutions. Received: {self.stem_filters}")
        if not all(1 <= count <= MOST_CHANNELS for count in self.stem_filters):
            raise ValueError(
                f"The stem has 1..{MOST_CHANNELS} channels. Received: {self.stem_filters}"
            )
        if not 0 <= self.prior_gaussians <= MOST_CHANNELS:
            raise ValueError(
                f"prior_gaussians must be 0..{MOST_CHANNELS}. Received: {self.prior_gaussians}"
            )
        if not 0 <= self.smoothing <= MOST_KERNEL or (self.smoothing and self.smoothing % 2 == 0):
            raise ValueError(
                f"smoothing must be 0 or odd, up to {MOST_KERNEL}. Received: {self.smoothing}"
            )
        for number, module in enumerate(modules, 1):
            if not 0 <= module.skip < number:
                raise ValueError(
                    f"Module {number} can take its skip from modules 1..{number - 1}. "
                    f"Received: {module.skip}"
                )

    def strides(self):
        """The stride of each module's output with respect to the input, a list of 13."""
        stride, strides = self.stem_strides[0] * self.stem_strides[1], []
        for module in self.modules:
            stride = stride * module.stride * (2 if module.pool else 1)
            stride = stride // 2 if module.upsample else stride
            strides.append(stride)
        return strides

    @property
    def output_stride(self):
        """Input pixels per cell of the last feature map."""
        return self.strides()[-1]

    @property
    def size_multiple(self):
        """The sides of the input must be multiples of this: the deepest stride."""
        return max(self.strides())

    def to_dict(self):
        """A plain dict (for json); `SalNetConfig(**dict)` leads back."""
        return dataclasses.asdict(self)


def _stages(*stages):
    """Modules of stages (filters, expanded, repeats, stride of the first)."""
    return tuple(
        ModuleConfig(filters, expanded[min(i, 1)], stride=stride if i == 0 else 1)
        for filters, expanded, repeats, stride in stages
        for i in range(repeats)
    )


def _draft_modules():
    """The published table: expansion 4 x the input channels, max-pooling between the groups."""
    modules, channels = [], 32
    for filters, repeats, pool in (
        (16, 2, True),
        (24, 3, True),
        (32, 4, True),
        (64, 2, False),
        (128, 2, False),
    ):
        for i in range(repeats):
            modules.append(ModuleConfig(filters, 4 * channels, pool=pool and i == 0))
            channels = filters
    return tuple(modules)


def _layout(*expanded):
    """The network of the shipped presets: strides 4, 8 and 16, and back to 8.

    Args:
        *expanded: channels, of each of the thirteen modules.
    """
    fine, middle, deep = 16, 32, 64
    modules = (
        {"filters": fine},
        {"filters": middle, "stride": 2},
        {"filters": middle},
        {"filters": middle},
        {"filters": deep, "stride": 2},
        {"filters": deep, "kernel_size": 5},
        {"filters": deep, "kernel_size": 5},
        {"filters": deep, "kernel_size": 5, "context": True},
        {"filters": deep, "kernel_size": 5, "dilation": 2},
        {"filters": middle, "kernel_size": 5, "dilation": 2},
        {"filters": middle, "upsample": True, "skip": 4},
        {"filters": middle},
        {"filters": middle},
    )
    return SalNetConfig(
        stem_filters=(16, 16),
        stem_strides=(2, 2),
        modules=tuple(
            ModuleConfig(expanded=count, **module)
            for count, module in zip(expanded, modules, strict=True)
        ),
        activation="relu",
    )


@dataclasses.dataclass(frozen=True)
class Preset:
    """A network with a name.

    Args:
        name: of the preset.
        config: its `SalNetConfig`.
        image_size: (height, width) in pixels of the canvas it is trained at and shipped for.
        sha256: {what a shipped file holds: its sha256}, `keras` or a LiteRT type (fp32, fp16,
            int8); empty for a preset without shipped weights.
    """

    name: str
    config: SalNetConfig
    image_size: tuple[int, int] = IMAGE_SIZE
    sha256: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def float_type(self):
        """The LiteRT type that the float weights are shipped in; fp32 where none are."""
        return next((kind for kind in self.sha256 if kind.startswith("fp")), "fp32")

    def file(self, kind):
        """The name in `WEIGHTS_DIR` of the file that holds `keras` or a LiteRT type."""
        return f"{self.name}.keras" if kind == "keras" else f"{self.name}_{kind}.tflite"


# Found by `research.layout` for 0.15 GMAC at 304x400.
_SALNET = _layout(24, 64, 80, 72, 64, 104, 104, 136, 104, 176, 80, 48, 40)
# Found by `research.layout` for 0.065 GMAC at 240x320.
_SMALL = _layout(16, 40, 56, 56, 48, 48, 48, 48, 48, 112, 48, 32, 32)
_LARGE = _layout(32, 80, 112, 112, 128, 208, 208, 208, 208, 208, 112, 112, 112)
_PROTOTYPE = SalNetConfig(
    stem_filters=(16, 16),
    stem_strides=(2, 1),
    modules=_stages(
        (16, (64, 64), 2, 2),
        (24, (64, 96), 3, 2),
        (32, (96, 128), 4, 1),
        (64, (128, 256), 2, 2),
        (96, (256, 384), 2, 1),
    ),
    prior_gaussians=8,
)
_DRAFT = SalNetConfig(stem_filters=(32, 32), stem_strides=(1, 1), modules=_draft_modules())

PRESETS = types.MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset(
                "salnet",
                _SALNET,
                (304, 400),
                {
                    "keras": "2fade1bdb86a67616285e60ce805378de6cf19a384d1143460a25046ad3df806",
                    "fp32": "903e88e91e2f771383136c8820f5fe78f35626069e41c4d51773d883b67bf245",
                    "int8": "ccce563fd16c771f09c1332104f16d76722debac085b93e78757482b81570469",
                },
            ),
            Preset(
                "salnet_small",
                _SMALL,
                sha256={
                    "keras": "1625af7874a826b540277ae38b54841ed23f2e8f473d06c71a7e33cc95eb5c26",
                    "fp32": "25735ce6c485c8bf90353cb581032644690e92394be988cbe5b14a39b577177c",
                    "int8": "6c01e76b5e130ac48e3ae3436fdf03c2f8b21006b4505a9f437595a9230e2f33",
                },
            ),
            Preset(
                "salnet_large",
                _LARGE,
                (320, 432),
                {
                    "keras": "baeb2e6e3ce84fc0df979a7f7da4cba2195e65160bfe9c15420a9c2a48640cdf",
                    "fp16": "36d081cd04692ab4a82bdfcd8c393d8f560f2ea01b9b1eeeeb0af1107f077033",
                    "int8": "e059233f0e5d62dd60ad167a10049bf15ea253f5988ee54894db7abdd1c06755",
                },
            ),
            Preset("salnet_prototype", _PROTOTYPE),
            Preset("salnet_draft", _DRAFT),
            # The network of `salnet` with other weights: distilled from an ImageNet teacher.
            Preset(
                "salnet_distilled",
                _SALNET,
                (304, 400),
                {
                    "keras": "0f43d7d2ff743298d39f7cea648998590a50fc44af238f26938360220e989567",
                    "fp32": "8a62cab914a643605f717837b8bfc89b379b702ecda6a7ee8e7309c82e5c4592",
                    "int8": "8e61fd8cfe9640dda32629d6a09d45f0a6519ded8a43ea179dd009bc06662885",
                },
            ),
        )
    }
)


def preset(name):
    """The `Preset` of a name.

    Raises:
        ValueError: no preset has this name.
    """
    if name not in PRESETS:
        raise ValueError(f"Unknown preset. Known: {', '.join(PRESETS)}. Received: {name!r}")
    return PRESETS[name]
