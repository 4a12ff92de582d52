"""An interrupted training goes on where it was.

Keras's ``BackupAndRestore`` keeps weights, optimizer and epoch in two files that can come apart. It
knows nothing of the history, of early stopping, or of dropout's random numbers, so what follows is
another training. Here one file holds all of it, and is replaced in one step, so that at any moment
there is one state, the newest.
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
from cxrlib.files import atomic_path

STATE = "state.npz"


class Backup(keras.callbacks.Callback):
    """Keep the whole state after each epoch in a folder; go on from there if there is one.

    Parameters
    ----------
    folder : path
        Its own; it is removed when the training ends.
    settings : dict
        Of the training. A state with other settings is refused.
    history : list of dict
        A row an epoch; what was kept of it is put in at the beginning.
    early_stopping : EarlyStopping or None
        Its state is kept and given back.

    Raises
    ------
    ValueError
        If the folder holds another training, something else, or a state that cannot be read.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        settings: dict,
        history: list[dict[str, float]],
        early_stopping: keras.callbacks.EarlyStopping | None,
    ) -> None:
        super().__init__()
        self.folder, self.history, self.early_stopping = Path(folder), history, early_stopping
        self.settings = json.loads(json.dumps(settings, default=to_json))
        self._check_folder()
        self.arrays: tuple[list[np.ndarray], list[np.ndarray]] | None
        self.state, self.arrays = self._read() or ({"history": [], "stopped": False}, None)
        self.epochs_done = len(self.state["history"])

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Restore what was kept. Comes after the early stopping's own beginning."""
        self.history[:] = self.state["history"]
        if self.arrays is None:
            return
        variables, best_weights = self.arrays
        self.model.optimizer.build(self.model.trainable_variables)
        for variable, value in zip(self._variables(), variables, strict=True):
            variable.assign(value)
        if self.early_stopping is not None:
            for name, value in self.state["early_stopping"].items():
                setattr(self.early_stopping, name, value)
            self.early_stopping.best_weights = best_weights
        self.arrays = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the state beside, whole, and let it take the last one's place."""
        arrays = {f"variable-{i:04d}": v.numpy() for i, v in enumerate(self._variables())}
        state = {"settings": self.settings, "history": self.history}
        state["stopped"] = bool(self.model.stop_training)
        if self.early_stopping is not None:
            names = ("wait", "best", "best_epoch", "stopped_epoch")
            state["early_stopping"] = {name: getattr(self.early_stopping, name) for name in names}
            best = self.early_stopping.best_weights
            arrays |= {f"best-{i:04d}": weight for i, weight in enumerate(best)}
        with atomic_path(self.folder / STATE) as path, path.open("wb") as file:
            np.savez(file, state=json.dumps(state, default=float), **arrays)
            file.flush()
            os.fsync(file.fileno())

    def on_train_end(self, logs: dict | None = None) -> None:
        """Tidy up: there is nothing left to resume."""
        for path in self.folder.glob(f"*{STATE}"):
            path.unlink()
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _variables(self) -> list[keras.Variable]:
        # A model's `weights` leave out the state of its dropout layers' random numbers.
        return [*self.model.variables, *self.model.optimizer.variables]

    def _check_folder(self) -> None:
        if self.folder.is_dir():
            # A killed process leaves the file beside that it was writing.
            others = sorted(p.name for p in self.folder.iterdir() if not p.name.endswith(STATE))
            if others:
                raise ValueError(
                    f"expected a folder of its own for `backup_dir`, got {self.folder} with "
                    f"{', '.join(others[:3])} in it. Name one that does not exist yet."
                )
        elif self.folder.exists():
            raise ValueError(
                f"expected a folder for `backup_dir`, got the file {self.folder}. "
                "Name one that does not exist yet."
            )

    def _read(self) -> tuple[dict, tuple[list[np.ndarray], list[np.ndarray]]] | None:
        """Return the state that is kept: numbers, and arrays of now and of the best epoch."""
        try:
            with np.load(self.folder / STATE) as kept:
                state = json.loads(str(kept["state"]))
                variables, best_weights = (
                    [kept[name] for name in sorted(kept.files) if name.startswith(f"{kind}-")]
                    for kind in ("variable", "best")
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
                f"expected the interrupted training of {self.folder}, got another "
                f"{', '.join(differ)}. Use the same settings to go on with it, or name another "
                "folder."
            )
        return state, (variables, best_weights)


def to_json(thing: object) -> object:
    """Describe an object as JSON, alike in each process, for comparing settings."""
    if isinstance(thing, np.generic):
        return thing.item()
    if isinstance(thing, keras.losses.Loss | keras.optimizers.schedules.LearningRateSchedule):
        return {"kind": type(thing).__name__, **thing.get_config()}
    if isinstance(thing, types.FunctionType):
        captured = [cell.cell_contents for cell in thing.__closure__ or ()]
        captured = [value for value in captured if value is not thing]
        return {"function": thing.__qualname__, "code": to_json(thing.__code__), "with": captured}
    if isinstance(thing, types.CodeType):
        constants = [
            to_json(c) if isinstance(c, types.CodeType) else repr(c) for c in thing.co_consts
        ]
        code = repr((thing.co_code, thing.co_names, constants))
        return hashlib.sha256(code.encode()).hexdigest()[:16]
    return str(thing)


def training_settings(
    model: keras.Model, train: ImageSet, val: ImageSet | None, **settings: object
) -> dict[str, object]:
    """Return what must be the same for a training to go on."""
    optimizer = model.optimizer.get_config()
    optimizer.pop("name")  # counts the optimizers of this kernel
    return {
        "network": [[type(layer).__name__, str(layer.output.shape)] for layer in model.layers],
        "optimizer": {"kind": type(model.optimizer).__name__, **optimizer},
        "loss": model.loss,
        "training images": train.cases["path"].tolist(),
        "validation images": None if val is None else val.cases["path"].tolist(),
        **settings,
    }
