"""An interrupted training goes on where it was.

Keras's ``BackupAndRestore`` keeps weights, optimizer and epoch in two files that can come apart. It
knows nothing of the history, of early stopping, or of dropout's random numbers, so what follows is
another training. Here one folder holds all of it, and gets its name when it is whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from pathlib import Path

import keras
import numpy as np

from cxrlib.data import Pictures
from cxrlib.models.training.schedules import current_rate

NOW, STATE, BEST = "now.npz", "state.json", "best.npz"


class Rows(keras.callbacks.Callback):
    """Collect a row of numbers an epoch, and stop at a loss that is no number."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, float]] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note the time."""
        self.begun = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Add a row."""
        row = {name: float(value) for name, value in (logs or {}).items()}
        if not np.isfinite(row["loss"]):
            raise FloatingPointError(
                f"the loss became {row['loss']} in epoch {epoch + 1}. Usual causes: a learning "
                "rate that is too large, or pictures that reach the network unscaled."
            )
        row["learning_rate"] = current_rate(self.model.optimizer)
        row["seconds"] = time.perf_counter() - self.begun
        self.rows.append(row)


class Backup(keras.callbacks.Callback):
    """Keep the whole state after each epoch in ``folder``; go on from there if there is one.

    Parameters
    ----------
    folder : path
        Its own; it is removed when the training ends.
    settings : dict
        Of the training. A state with other settings is refused.
    rows : Rows
        The history so far is kept and given back.
    stopping : EarlyStopping or None
        What it knows is kept and given back.

    Raises
    ------
    ValueError
        If the folder holds another training, or something else.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        settings: dict,
        rows: Rows,
        stopping: keras.callbacks.EarlyStopping | None,
    ) -> None:
        super().__init__()
        self.folder, self.rows, self.stopping = Path(folder), rows, stopping
        self.settings = json.loads(json.dumps(settings, default=str))
        self.last = self._newest()
        self.state = self._read(self.last) if self.last else {"rows": [], "stopped": False}
        self.done = len(self.state["rows"])

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Restore what was kept. Comes after the early stopping's own beginning."""
        self.rows.rows = list(self.state["rows"])
        if self.last is None:
            return
        self.model.optimizer.build(self.model.trainable_variables)
        for variable, value in zip(self._variables(), _read_arrays(self.last / NOW), strict=True):
            variable.assign(value)
        if self.stopping is not None:
            for name, value in self.state["stopping"].items():
                setattr(self.stopping, name, value)
            self.stopping.best_weights = _read_arrays(self.last / BEST)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the state beside the last one, name it when it is whole, drop the last one."""
        new = self.folder / "unfinished"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        np.savez(new / NOW, *(variable.numpy() for variable in self._variables()))
        state = {"settings": self.settings, "rows": self.rows.rows}
        state["stopped"] = bool(self.model.stop_training)
        if self.stopping is not None:
            names = ("wait", "best", "best_epoch", "stopped_epoch")
            state["stopping"] = {name: getattr(self.stopping, name) for name in names}
            np.savez(new / BEST, *self.stopping.best_weights)
        (new / STATE).write_text(json.dumps(state, default=float), encoding="utf-8")
        whole = self.folder / f"epoch-{epoch + 1:04d}"
        new.rename(whole)
        if self.last is not None:
            shutil.rmtree(self.last, ignore_errors=True)
        self.last = whole

    def on_train_end(self, logs: dict | None = None) -> None:
        """Tidy up: there is nothing left to resume."""
        if self.last is not None:
            shutil.rmtree(self.last, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _variables(self) -> list[keras.Variable]:
        # A model's `weights` leave out the state of its dropout layers' random numbers.
        return [*self.model.variables, *self.model.optimizer.variables]

    def _newest(self) -> Path | None:
        if self.folder.is_dir():
            others = [p.name for p in self.folder.iterdir() if not p.name.startswith("epoch-")]
            others = sorted(set(others) - {"unfinished"})
            if others:
                raise ValueError(
                    f"expected a folder of its own for `resume`, got {self.folder} with "
                    f"{', '.join(others[:3])} in it. Name one that does not exist yet."
                )
        elif self.folder.exists():
            raise ValueError(f"expected a folder for `resume`, got the file {self.folder}.")
        return max(self.folder.glob("epoch-*"), default=None)

    def _read(self, kept: Path) -> dict:
        state = json.loads((kept / STATE).read_text(encoding="utf-8"))
        theirs, ours = state["settings"], self.settings
        differ = sorted(k for k in {*theirs, *ours} if theirs.get(k) != ours.get(k))
        if differ:
            raise ValueError(
                f"{self.folder} holds an interrupted training with another {', '.join(differ)}. "
                "Use the same settings to go on with it, or name another folder."
            )
        return state


def _read_arrays(path: Path) -> list[np.ndarray]:
    with np.load(path) as arrays:
        return [arrays[name] for name in arrays.files]


def describe(model: keras.Model, train: Pictures, val: Pictures | None, **settings: object) -> dict:
    """Return what must be the same for a training to go on."""
    optimizer = model.optimizer.get_config()
    optimizer.pop("name")  # counts the optimizers of this kernel
    return {
        "network": [[type(layer).__name__, str(layer.output.shape)] for layer in model.layers],
        "optimizer": {"kind": type(model.optimizer).__name__, **optimizer},
        "loss": model.loss,
        "training pictures": train.cases["path"].tolist(),
        "validation pictures": None if val is None else val.cases["path"].tolist(),
        **settings,
    }
