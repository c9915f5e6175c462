"""The hyper-parameters of a training run, by name: the paper's recipe, and the demo's.

The recipe is Table 3 of Hu, Robinson & Dilkina (arXiv:2008.10351): Adam at 1e-4, batches of 4,
cross-entropy, the learning rate reduced on plateaus, early stopping on the validation loss. The
authors' code differs in part (Nadam; at most 10 epochs; stopping after 2 epochs without gain but
reducing the rate only after 5, so that the rate could hardly ever fall). Here the table is
followed, with the code's plateau factor and floor, and patiences that let the plateau rule act.
"""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from lcviz.taxonomy import PATCH_SIZE

RULES: Final = 2
"""Counted up when the same settings train in another way. 2: no-data pixels are the bands' mean, as
in prediction; the rate falls after `plateau_patience` bad epochs, not one later."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TrainingConfig:
    """Every hyper-parameter of a training run. The defaults are the paper's."""

    learning_rate: Annotated[float, Field(gt=0)] = 1e-4
    batch_size: Annotated[int, Field(ge=1)] = 4
    accumulate: Annotated[int, Field(ge=1)] = 1
    """Batches whose gradients are averaged for one step: larger steps in the same memory."""
    max_epochs: Annotated[int, Field(ge=1)] = 50
    split: Literal["three", "paper"] = "three"
    """three: some scenes choose the epoch, others are the home test, and scenes that share ground
    stay together. paper: the held-out scenes do both, and ground may be shared, as in the paper."""
    home_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.2
    """Share of the group's scenes that are the home test."""
    validation_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    """Share that chooses the epoch; not used by the paper's protocol, where the home test does."""
    schedule: Literal["plateau", "one-cycle"] = "plateau"
    """plateau: the rate falls when the validation loss does not, training stops early, and the
    epoch with the lowest loss is kept. one-cycle: the rate rises, then falls along a cosine to zero
    at the end of `max_epochs`, and the last epoch is kept: nothing is chosen by the validation."""
    warm_up: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of a one-cycle training in which the rate rises."""
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.316
    plateau_patience: Annotated[int, Field(ge=1)] = 2
    """Epochs without a better validation loss after which the learning rate falls: the second of
    them lowers it already. (PyTorch's own patience is one less: the epochs that it forgives.)"""
    minimum_learning_rate: Annotated[float, Field(ge=0)] = 5e-7
    stopping_patience: Annotated[int, Field(ge=1)] = 6
    """Epochs without a better validation loss after which training stops."""
    crop: Annotated[int, Field(ge=8, le=PATCH_SIZE, multiple_of=8)] = PATCH_SIZE
    """Side of the squares cut from the training patches, pixels; 256 takes patches whole."""
    crops_per_patch: Annotated[int, Field(ge=1)] = 1
    """Random crops taken from each training patch in an epoch."""
    epoch_crops: Annotated[int, Field(ge=0)] = 0
    """Crops in an epoch, however many patches there are; 0 for `crops_per_patch` of each patch."""
    augment: bool = False
    """Random flips and quarter turns of the training patches."""
    radiometry: Annotated[float, Field(ge=0)] = 0.0
    """Strength of random haze, brightness and gains of the bands, crop by crop; 0 for none."""
    grain: Annotated[float, Field(ge=0)] = 0.0
    """Strength of random smoothing and sharpening, crop by crop; 0 for none."""
    balance: Annotated[float, Field(ge=0, le=1)] = 0.0
    """How evenly crops are drawn over the classes: 0 as the ground has them, 1 each as often."""
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of a label that is spread over all classes, since some labels are wrong."""
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share that the average of the weights keeps at each step; 0 for no average. With an average,
    it is what is validated and kept, its statistics of batch normalisation computed anew."""
    even_doubling: bool = False
    """Whether the doubling of maps begins bilinear, and leaves even ground even at each step."""
    norm_momentum: Annotated[float, Field(gt=0, le=1)] = 0.01
    """Share of a batch in the running statistics of batch normalisation; Keras's 0.99 is 0.01."""
    precision: Literal["auto", "32-true", "bf16-mixed"] = "auto"
    """auto: bf16 mixed precision on a GPU and on processors made for it, float32 on others."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that read patches beside the training process."""
    seed: int = 0

    def crops_of(self, patches: int) -> int:
        """Crops in an epoch of so many training patches."""
        return self.epoch_crops or patches * self.crops_per_patch

    def identity(self) -> dict[str, Any]:
        """What decides the result: two runs with the same need not both be made.

        Who reads the patches does not. Settings that came later are left out where they say what
        was done before, so that a study's models stay up to date.
        """
        settings = asdict(self) | {"workers": 0, "rules": RULES}
        unset = asdict(TrainingConfig())
        return {k: v for k, v in settings.items() if k not in _LATER or v != unset[k]}

    def departures(self) -> dict[str, str]:
        """Setting -> "this value, where the default recipe has that one", for what differs."""
        ours, recipe = asdict(self), asdict(TrainingConfig())
        return {
            name: f"{value}, where the default recipe has {recipe[name]}"
            for name, value in ours.items()
            if value != recipe[name] and name not in ("seed", "workers")
        }


_LATER: Final = frozenset(
    {
        "accumulate",
        "schedule",
        "warm_up",
        "radiometry",
        "grain",
        "balance",
        "label_smoothing",
        "averaging",
        "epoch_crops",
        "even_doubling",
    }
)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Hardware:
    """What a model is trained on. Settings of the run, not of the recipe."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a GPU where there is one."""
    devices: Annotated[int, Field(ge=1)] = 1
    """GPUs of each machine (or CPU processes), each with batches of its own."""
    nodes: Annotated[int, Field(ge=1)] = 1
    """Machines; the same command is started on each, as Lightning's or SLURM's variables say."""
    compile: bool | None = None
    """Whether PyTorch compiles the network first, which takes a minute; None: on a GPU."""

    @property
    def processes(self) -> int:
        """Processes that train one model together."""
        return self.devices * self.nodes


DEMO_CONFIG: Final = TrainingConfig(
    learning_rate=2e-3,
    batch_size=8,
    max_epochs=3,
    schedule="one-cycle",
    crop=64,
    epoch_crops=2048,
    augment=True,
    radiometry=0.4,
    grain=0.5,
    balance=0.8,
    label_smoothing=0.05,
    averaging=0.99,
    even_doubling=True,
    norm_momentum=0.1,
)
"""For the demo: 768 steps on a CPU, ten minutes of one core, instead of weeks on a GPU. They call
for larger steps that end at zero and an average of the weights, small crops from many places in
each batch, and nearly as many crops of a town as of a forest; few places call for turns, another
light and another grain, labels that are wrong in part for some doubt of them. Twice the steps
brought the model of Europe from 0.70 to 0.71 of the truth at home. Even doubling takes the lattice
away: after 60 steps its amplitude at period 2 is 0.0003, without it 0.036."""

RECIPES: Final[Mapping[str, TrainingConfig]] = MappingProxyType(
    {"paper": TrainingConfig(), "demo": DEMO_CONFIG}
)
"""The recipes that a person can ask for by name."""
