"""An interrupted training goes on where it was.

Keras's ``BackupAndRestore`` keeps weights, optimizer and epoch in two files that can come apart. It
knows nothing of the history, of early stopping, or of dropout's random numbers, so what follows is
another training. Here one file holds all of it. It is written beside and takes the last one's place
in one step, so that at any moment there is one state, the newest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import types
import zipfile
from pathlib import Path

import keras
import numpy as np

from cxrlib.data import ImageSet

STATE, UNFINISHED = "state.npz", "unfinished.npz"


class Backup(keras.callbacks.Callback):
    """Keep the whole state after each epoch in ``folder``; go on from there if there is one.

    Parameters
    ----------
    folder : path
        Its own; it is removed when the training ends.
    settings : dict
        Of the training. A state with other settings is refused.
    rows : list of dict
        The history, a row an epoch; what was kept of it is put in at the beginning.
    stopping : EarlyStopping or None
        What it knows is kept and given back.

    Raises
    ------
    ValueError
        If the folder holds another training, something else, or a state that cannot be read.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        settings: dict,
        rows: list[dict[str, float]],
        stopping: keras.callbacks.EarlyStopping | None,
    ) -> None:
        super().__init__()
        self.folder, self.rows, self.stopping = Path(folder), rows, stopping
        self.settings = json.loads(json.dumps(settings, default=told))
        self._check_folder()
        self.state, self.arrays = self._read() or ({"rows": [], "stopped": False}, None)
        self.done = len(self.state["rows"])

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Restore what was kept. Comes after the early stopping's own beginning."""
        self.rows[:] = self.state["rows"]
        if self.arrays is None:
            return
        now, best = self.arrays
        self.model.optimizer.build(self.model.trainable_variables)
        for variable, value in zip(self._variables(), now, strict=True):
            variable.assign(value)
        if self.stopping is not None:
            for name, value in self.state["stopping"].items():
                setattr(self.stopping, name, value)
            self.stopping.best_weights = best
        self.arrays = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the state beside, whole, and let it take the last one's place."""
        arrays = {f"now-{i:04d}": v.numpy() for i, v in enumerate(self._variables())}
        state = {"settings": self.settings, "rows": self.rows}
        state["stopped"] = bool(self.model.stop_training)
        if self.stopping is not None:
            names = ("wait", "best", "best_epoch", "stopped_epoch")
            state["stopping"] = {name: getattr(self.stopping, name) for name in names}
            arrays |= {f"best-{i:04d}": w for i, w in enumerate(self.stopping.best_weights)}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / UNFINISHED).open("wb") as file:
            np.savez(file, state=json.dumps(state, default=float), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.folder / UNFINISHED, self.folder / STATE)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Tidy up: there is nothing left to resume."""
        (self.folder / STATE).unlink(missing_ok=True)
        (self.folder / UNFINISHED).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _variables(self) -> list[keras.Variable]:
        # A model's `weights` leave out the state of its dropout layers' random numbers.
        return [*self.model.variables, *self.model.optimizer.variables]

    def _check_folder(self) -> None:
        if self.folder.is_dir():
            others = sorted({p.name for p in self.folder.iterdir()} - {STATE, UNFINISHED})
            if others:
                raise ValueError(
                    f"expected a folder of its own for `resume`, got {self.folder} with "
                    f"{', '.join(others[:3])} in it. Name one that does not exist yet."
                )
        elif self.folder.exists():
            raise ValueError(f"expected a folder for `resume`, got the file {self.folder}.")

    def _read(self) -> tuple[dict, tuple[list[np.ndarray], list[np.ndarray]]] | None:
        """Return the state that is kept: numbers, and arrays of now and of the best epoch."""
        try:
            with np.load(self.folder / STATE) as kept:
                state = json.loads(str(kept["state"]))
                now, best = (
                    [kept[name] for name in sorted(kept.files) if name.startswith(f"{kind}-")]
                    for kind in ("now", "best")
                )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"expected the state of a training in {self.folder / STATE}, got a damaged file "
                f"({error}). Remove it to begin again."
            ) from None
        theirs, ours = state["settings"], self.settings
        differ = sorted(k for k in {*theirs, *ours} if theirs.get(k) != ours.get(k))
        if differ:
            raise ValueError(
                f"{self.folder} holds an interrupted training with another {', '.join(differ)}. "
                "Use the same settings to go on with it, or name another folder."
            )
        return state, (now, best)


def told(thing: object) -> object:
    """Tell an object as JSON, in the same words in each process, for comparing settings."""
    if isinstance(thing, np.generic):
        return thing.item()
    if isinstance(thing, keras.losses.Loss | keras.optimizers.schedules.LearningRateSchedule):
        return {"kind": type(thing).__name__, **thing.get_config()}
    if isinstance(thing, types.FunctionType):
        inside = [cell.cell_contents for cell in thing.__closure__ or ()]
        inside = [value for value in inside if value is not thing]
        return {"function": thing.__qualname__, "code": told(thing.__code__), "with": inside}
    if isinstance(thing, types.CodeType):
        constants = [told(c) if isinstance(c, types.CodeType) else repr(c) for c in thing.co_consts]
        written = repr((thing.co_code, thing.co_names, constants))
        return hashlib.sha256(written.encode()).hexdigest()[:16]
    return str(thing)


def describe(model: keras.Model, train: ImageSet, val: ImageSet | None, **settings: object) -> dict:
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
