"""Run a TFLite model through one interface, whichever of two runtimes is installed."""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cuelight.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from cuelight.sense.records import Floats

_log = logging.getLogger(__name__)

RUNTIMES: Final = {
    "litert": ("ai_edge_litert.interpreter", "ai-edge-litert"),
    "tflite-runtime": ("tflite_runtime.interpreter", "tflite-runtime"),
}
"""Each runtime's name in settings, with its module and its package, the preferred one first."""

_DTYPES: Final = (np.dtype(np.float32), np.dtype(np.int8), np.dtype(np.uint8))


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output: real value = (stored value - `zero_point`) * `scale`."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    zero_point: int
    index: int


def open_model(path: Path, *, sha256: str, runtime: str = "auto", threads: int = 1) -> Interpreter:
    """Open the model file that `sha256` describes with the runtime that settings name.

    `runtime` is `auto` (LiteRT, else tflite-runtime), `litert` or `tflite-runtime`. The hash is
    checked first, because tflite-runtime crashes on a truncated file instead of refusing it. Raises
    ModelError when no such runtime is installed or the file is missing, broken or of another kind.
    """
    check_hash(path, sha256=sha256)
    name, vendor = _vendor(runtime)
    try:
        with _quiet():
            interpreter = vendor(model_path=str(path), num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
        raise ModelError(
            f"{path} is no model that {name} can run: {reason}. Fetch or build the file again."
        ) from error
    _log.info("Opened %s with %s, %d thread(s)", path.name, name, threads)
    return Interpreter(interpreter, path=path, runtime_name=name)


def check_hash(path: Path, *, sha256: str) -> None:
    """Raise ModelError unless the file at `path` has this SHA-256 (64 hexadecimal digits)."""
    try:
        with path.open("rb") as file:
            given = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"Cannot read the model {path}: {error.strerror}. Run scripts/fetch, "
            "or point model.folder at the folder that holds it."
        ) from error
    if given != sha256.lower():
        raise ModelError(
            f"{path} is not the file that was tested: its SHA-256 is {given}, wanted {sha256}. "
            "Fetch or build it again, together with its card."
        )


class Interpreter:
    """One opened model: write into `input`, `invoke`, then take outputs by their position."""

    def __init__(self, vendor: Any, *, path: Path, runtime_name: str) -> None:  # noqa: ANN401 - either vendor's interpreter, neither has types
        self._vendor = vendor
        self.runtime_name = runtime_name
        self.inputs = tuple(_tensor(entry, path) for entry in vendor.get_input_details())
        self.outputs = tuple(_tensor(entry, path) for entry in vendor.get_output_details())
        self._input = vendor.tensor(self.inputs[0].index)
        self._values = tuple(_values(tensor) for tensor in self.outputs)

    @property
    def input(self) -> NDArray[Any]:
        """The first input's own memory, to write into; let go of it before `invoke`.

        The runtimes refuse to run while somebody holds a view of their memory.
        """
        view: NDArray[Any] = self._input()
        return view

    def invoke(self) -> None:
        """Run the model on what `input` holds."""
        self._vendor.invoke()

    def output(self, position: int) -> NDArray[Any]:
        """Copy an output as it is stored, in its own shape and dtype."""
        stored: NDArray[Any] = self._vendor.get_tensor(self.outputs[position].index)
        return stored

    def dequantised(self, position: int) -> Floats:
        """Copy an output as float32 real values, in its own shape."""
        stored, values = self.output(position), self._values[position]
        real: Floats = stored if values is None else values.take(stored)
        return real


def _vendor(runtime: str) -> tuple[str, Any]:
    """Import the wanted runtime and return its name and its Interpreter class."""
    wanted = RUNTIMES if runtime == "auto" else {runtime: RUNTIMES[runtime]}
    for name, (module, _) in wanted.items():
        try:
            return name, importlib.import_module(module).Interpreter
        except ImportError as error:
            _log.info("%s cannot be imported: %s", name, error)
    packages = " or ".join(package for _, package in wanted.values())
    raise ModelError(
        f"model.runtime is {runtime}, but no such runtime is installed. "
        f"Install {packages}, or edit model.runtime."
    )


def _tensor(entry: Mapping[str, Any], path: Path) -> Tensor:
    """Read a tensor's quantisation from the model; refuse by name what nobody has tested."""
    name, dtype = str(entry["name"]), np.dtype(entry["dtype"])
    if dtype not in _DTYPES:
        wanted = ", ".join(str(known) for known in _DTYPES)
        raise ModelError(
            f"{path}: tensor {name} is {dtype}; {wanted} are known. Export the model as int8."
        )
    scales = entry["quantization_parameters"]["scales"]
    zero_points = entry["quantization_parameters"]["zero_points"]
    if len(scales) > 1 or (dtype.kind != "f" and len(scales) == 0):
        raise ModelError(
            f"{path}: tensor {name} has {len(scales)} quantisation scales; one is wanted for an "
            "input or output. Export the model with per-tensor scales at its ends."
        )
    return Tensor(
        name=name,
        shape=tuple(int(side) for side in entry["shape"]),
        dtype=dtype,
        scale=float(scales[0]) if len(scales) else 1.0,
        zero_point=int(zero_points[0]) if len(zero_points) else 0,
        index=int(entry["index"]),
    )


def _values(tensor: Tensor) -> Floats | None:
    """Give the real value of every stored one, the negative ones from the end; None for floats."""
    if tensor.dtype.kind == "f":
        return None
    stored = np.arange(256, dtype=np.uint8).view(tensor.dtype).astype(np.float32)
    stored -= np.float32(tensor.zero_point)
    stored *= np.float32(tensor.scale)
    return stored


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the runtimes' native greetings (delegates, thread pools) off stderr while one opens."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a path of ours
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
