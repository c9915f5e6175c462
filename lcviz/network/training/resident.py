"""Training with all patches in the device's memory: no files, no workers, nothing to wait for.

For one GPU and a dataset of some gigabytes, such as the demo: models are trained one after another
with one network, compiled once. Recipe, loss, average and history are those of `fit`.
"""

import math
import time
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from lcviz.network.training import resident_crops
from lcviz.network.training.averaging import WeightAverage, recompute_statistics
from lcviz.network.training.balance import BalancedCrops
from lcviz.network.training.initial import fresh_network, keep_even
from lcviz.network.training.model import STATISTICS_BATCHES, LandCoverModel
from lcviz.network.training.recipe import TrainingConfig
from lcviz.network.training.resident_crops import Crops, ResidentPatches
from lcviz.network.training.schedule import one_cycle
from lcviz.taxonomy import NO_LABEL

_VALIDATED_TOGETHER = 8


class ResidentTrainer:
    """Trains models one after another.

    Args:
        patches: of all models.
        band_mean, band_std: standardisation of the ten bands, DN.
        device: as PyTorch names it.
        bfloat16: whether to compute in it.
        compiled: whether PyTorch compiles the network, for one size and number of crops.
    """

    def __init__(
        self,
        patches: ResidentPatches,
        band_mean: Sequence[float],
        band_std: Sequence[float],
        device: str,
        *,
        bfloat16: bool,
        compiled: bool,
    ) -> None:
        self.patches = patches
        self.device = device
        self.bfloat16 = bfloat16
        self.model = LandCoverModel(TrainingConfig(), band_mean, band_std).to(device)
        if compiled:
            self.model.network.compile(dynamic=False)

    def rate(
        self, config: TrainingConfig, members: npt.NDArray[np.intp], seconds: float
    ) -> tuple[float, float]:
        """Crops/s of training, and of steps on one batch that is cut already.

        Each is measured for about so many seconds once it is warm. Their ratio is the share of the
        time in which the device computes rather than being fed.
        """
        self._begin(config)
        optimizer = self._optimizer(config)
        size = config.batch_size
        crops = resident_crops.draw(
            np.random.default_rng(0), config, members, None, size, self.device
        )
        batch = crops.cut(self.patches, slice(None))
        rates = []
        for fed in (True, False):
            for _ in range(3):
                self._step(optimizer, batch)
            self._wait()
            steps, start = 0, time.monotonic()
            while time.monotonic() - start < seconds or not steps:
                self._step(optimizer, crops.cut(self.patches, slice(None)) if fed else batch)
                steps += 1
                if steps % 8 == 0:  # Else the steps would be counted before they are done.
                    self._wait()
            self._wait()
            rates.append(steps * size / (time.monotonic() - start))
        return rates[0], rates[1]

    def train(
        self,
        config: TrainingConfig,
        training: npt.NDArray[np.intp],
        validation: npt.NDArray[np.intp],
        deadline: float = math.inf,
    ) -> tuple[dict[str, Tensor], pd.DataFrame] | None:
        """Train one model from fresh weights, with a one-cycle schedule.

        Args:
            config: the hyper-parameters; `accumulate` and `workers` do not count.
            training, validation: numbers of patches.
            deadline: time of `time.monotonic` after which the training is given up.

        Returns:
            (weights on the CPU, one row of history an epoch, as `fit`), or None if given up.
        """
        if config.schedule != "one-cycle":
            raise ValueError("Patches in memory are trained on with a one-cycle schedule alone")
        self._begin(config)
        network, optimizer = self.model.network, self._optimizer(config)
        average = WeightAverage(network, config.averaging) if config.averaging else None
        balanced = None
        if config.balance:
            balanced = BalancedCrops(self.patches.blocks[training], config.balance)
        size = config.batch_size
        steps = max(1, config.crops_of(len(training)) // size)
        history: list[dict[str, float]] = []
        for epoch in range(config.max_epochs):
            start = time.monotonic()
            rng = np.random.default_rng([config.seed, epoch])
            crops = resident_crops.draw(rng, config, training, balanced, steps * size, self.device)
            for step in range(steps):
                done = (epoch * steps + step) / (config.max_epochs * steps)
                for group in optimizer.param_groups:
                    group["lr"] = config.learning_rate * one_cycle(done, config.warm_up)
                batch = crops.cut(self.patches, slice(step * size, (step + 1) * size))
                self._step(optimizer, batch)
                if average is not None:
                    average.update()
            if average is not None:
                average.swap()
                kept = {name: buffer.clone() for name, buffer in network.named_buffers()}
                some = resident_crops.draw(
                    np.random.default_rng([config.seed, 2**31]),
                    config,
                    training,
                    balanced,
                    STATISTICS_BATCHES * size,
                    self.device,
                )
                with self._precision():
                    recompute_statistics(network, self._inputs(some, size))
            loss, accuracy = self._validate(validation)
            weights = {
                name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
                for name, tensor in network.state_dict().items()
            }
            if average is not None:
                average.swap()
                network.load_state_dict(kept, strict=False)
            history.append(
                {
                    "epoch": epoch,
                    "learning_rate": optimizer.param_groups[0]["lr"],
                    "training_loss": float(self.model.training_loss.compute()),
                    "validation_loss": loss,
                    "validation_accuracy": accuracy,
                    "seconds": round(time.monotonic() - start, 1),
                }
            )
            self.model.training_loss.reset()
            if time.monotonic() > deadline and epoch + 1 < config.max_epochs:
                return None
        return weights, pd.DataFrame(history)

    def _begin(self, config: TrainingConfig) -> None:
        torch.manual_seed(config.seed)
        self.model.config = config
        self.model.training_loss.reset()
        self.model.network.load_state_dict(fresh_network(config).state_dict())
        for module in self.model.network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = config.norm_momentum

    def _optimizer(self, config: TrainingConfig) -> torch.optim.Optimizer:
        fused = torch.device(self.device).type == "cuda" or None
        return torch.optim.Adam(
            self.model.network.parameters(), lr=config.learning_rate, fused=fused
        )

    def _step(self, optimizer: torch.optim.Optimizer, batch: tuple[Tensor, Tensor]) -> None:
        self.model.network.train()
        with self._precision():
            loss = self.model.training_step(batch, 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if self.model.config.even_doubling:
            keep_even(self.model.network)

    def _inputs(self, crops: Crops, size: int) -> Iterator[Tensor]:
        for start in range(0, len(crops.patch), size):
            values, _ = crops.cut(self.patches, slice(start, start + size))
            yield self.model.standardised(values)

    @torch.no_grad()
    def _validate(self, members: npt.NDArray[np.intp]) -> tuple[float, float]:
        """Mean cross-entropy and accuracy over the labelled pixels of whole patches."""
        network = self.model.network.eval()
        sums = torch.zeros(3, dtype=torch.float64, device=self.device)
        for start in range(0, len(members), _VALIDATED_TOGETHER):
            at = torch.from_numpy(members[start : start + _VALIDATED_TOGETHER]).to(self.device)
            classes = self.patches.classes[at].long()
            with self._precision():
                values = self.model.standardised(self.patches.dn[at].permute(0, 3, 1, 2))
                # Not `network(...)`, which would be compiled once more, for whole patches.
                logits = network.forward(values).float()
            loss = functional.cross_entropy(logits, classes, ignore_index=NO_LABEL, reduction="sum")
            right = (logits.argmax(1) == classes).sum()
            sums += torch.stack(
                [loss.double(), right.double(), (classes != NO_LABEL).sum().double()]
            )
        loss, right, counted = sums.tolist()
        return loss / max(counted, 1), right / max(counted, 1)

    def _precision(self) -> torch.autocast:
        return torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.bfloat16)

    def _wait(self) -> None:
        if torch.device(self.device).type == "cuda":
            torch.cuda.synchronize()
