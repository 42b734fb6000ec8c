"""Configurations of the network, and the presets that name them (no Keras, no TensorFlow here)."""

import dataclasses
import types


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
        if min(self.filters, self.expanded) < 1:
            raise ValueError(f"A module needs at least 1 channel. Received: {self}")
        if self.stride not in (1, 2) or (self.dilation > 1 and self.stride > 1):
            raise ValueError(
                f"stride must be 1 or 2, and 1 where the kernel is dilated. Received: {self}"
            )
        if self.kernel_size % 2 == 0 or self.kernel_size < 1 or self.dilation < 1:
            raise ValueError(f"kernel_size must be odd, dilation at least 1. Received: {self}")


@dataclasses.dataclass(frozen=True)
class SalNetConfig:
    """Two 3x3 convolutions, thirteen inverted residual modules, one 1x1 reduction to one channel.

    Args:
        stem_filters: channels of the two 3x3 convolutions.
        stem_strides: their strides, each 1 or 2.
        modules: thirteen `ModuleConfig`.
        activation: a Keras activation after the stem, expansion and depthwise convolutions.
        prior_gaussians: Gaussians in the centre prior; 0 leaves it out.
        smoothing: side of a learned smoothing kernel on the logits at the output stride; 0 leaves
            it out.
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


PRESETS = types.MappingProxyType(
    {
        "salnet": SalNetConfig(
            stem_filters=(16, 16),
            stem_strides=(2, 2),
            modules=(
                ModuleConfig(16, 32),
                ModuleConfig(32, 80, stride=2),
                ModuleConfig(32, 112),
                ModuleConfig(32, 112),
                ModuleConfig(64, 128, stride=2),
                ModuleConfig(64, 208, kernel_size=5),
                ModuleConfig(64, 208, kernel_size=5),
                ModuleConfig(64, 208, kernel_size=5, context=True),
                ModuleConfig(64, 208, kernel_size=5, dilation=2),
                ModuleConfig(32, 208, kernel_size=5, dilation=2),
                ModuleConfig(32, 112, upsample=True, skip=4),
                ModuleConfig(32, 112),
                ModuleConfig(32, 112),
            ),
            activation="relu",
        ),
        "salnet_small": SalNetConfig(
            stem_filters=(16, 16),
            stem_strides=(2, 2),
            modules=(
                ModuleConfig(16, 32),
                ModuleConfig(16, 48, stride=2),
                ModuleConfig(16, 48),
                ModuleConfig(16, 48),
                ModuleConfig(48, 64, stride=2),
                ModuleConfig(48, 112, kernel_size=5),
                ModuleConfig(48, 112, kernel_size=5),
                ModuleConfig(48, 112, kernel_size=5, context=True),
                ModuleConfig(48, 112, kernel_size=5, dilation=2),
                ModuleConfig(16, 112, kernel_size=5, dilation=2),
                ModuleConfig(16, 48, upsample=True, skip=4),
                ModuleConfig(16, 48),
                ModuleConfig(16, 48),
            ),
            activation="relu",
        ),
        "salnet_large": SalNetConfig(
            stem_filters=(32, 32),
            stem_strides=(2, 2),
            modules=(
                ModuleConfig(32, 96),
                ModuleConfig(48, 160, stride=2),
                ModuleConfig(48, 176),
                ModuleConfig(48, 176),
                ModuleConfig(80, 224, stride=2),
                ModuleConfig(80, 208, kernel_size=5),
                ModuleConfig(80, 208, kernel_size=5),
                ModuleConfig(80, 208, kernel_size=5, context=True),
                ModuleConfig(80, 208, kernel_size=5, dilation=2),
                ModuleConfig(48, 208, kernel_size=5, dilation=2),
                ModuleConfig(48, 160, upsample=True, skip=4),
                ModuleConfig(48, 160),
                ModuleConfig(48, 160),
            ),
            activation="relu",
        ),
        "salnet_prototype": SalNetConfig(
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
        ),
        "salnet_draft": SalNetConfig(
            stem_filters=(32, 32), stem_strides=(1, 1), modules=_draft_modules()
        ),
    }
)


# The same network with other weights: distilled from an ImageNet-pretrained teacher.
PRESETS = types.MappingProxyType({**PRESETS, "salnet_distilled": PRESETS["salnet"]})


# sha256 of the files in salnet_tf/weights, by name.
WEIGHTS = types.MappingProxyType(
    {
        "salnet.keras": ("5ac074c09d4e959bb935d3919849d28321c08262420063b6010d09e4490c4845"),
        "salnet_distilled.keras": (
            "6cfb1a4efc95388f09eb2d0a38e1edcfc215382cf81dd29347eb1ea6236658db"
        ),
        "salnet_distilled_fp32.tflite": (
            "d8fe8b519b7dac40c8ac8a791d80f79d29f0449447cc95fa50c78eb421de6c41"
        ),
        "salnet_distilled_int8.tflite": (
            "e5ce9bf13b106e1c34414b569b9fa839c590799d92099ae301d30c793e25d861"
        ),
        "salnet_fp32.tflite": ("a618a2433946644895f83b67209bddb9c7f591d6d6530a850cde02d411dab021"),
        "salnet_int8.tflite": ("5c7761d08fea1abd19f6c39bd75fb17664341f7d8a6b150431af3666113c4fec"),
        "salnet_large.keras": ("b75695af32c4af3abc7e3e3e0e1b45a2c0cbb7436dbcdedd3cbdd0425afe8e22"),
        "salnet_large_fp16.tflite": (
            "1f655af1b65c339792e37659b6a04d0bfde8a5f7a9ad843332d3d58172c318e0"
        ),
        "salnet_large_int8.tflite": (
            "abb653d5006839844cae12b2ba67529e4179e9c6c6c3bac57b8fdb3d420be2e8"
        ),
        "salnet_small.keras": ("9045536573904396fc6d28ff1d60c18d002252a6134eb197b64a1d0525e9170c"),
        "salnet_small_fp32.tflite": (
            "9e42c5491c63b08a536df22c50c129b7c037d76c7e809f8e9d88992fe87d7b86"
        ),
        "salnet_small_int8.tflite": (
            "fa9e1bd71a667f831b196973e564028040d7b5d1f1a3d2a82948f4501ba442b8"
        ),
    }
)


def float_type(name):
    """The LiteRT type that a preset's float weights are shipped in: fp16 where they are many."""
    return "fp16" if name == "salnet_large" else "fp32"


def preset(name):
    """The `SalNetConfig` of a preset.

    Raises:
        ValueError: no preset has this name.
    """
    if name not in PRESETS:
        raise ValueError(f"Unknown preset. Known: {', '.join(PRESETS)}. Received: {name!r}")
    return PRESETS[name]
