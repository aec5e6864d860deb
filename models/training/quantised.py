"""Run the int8 model file on crops, with either runtime, and read its outputs in plain numbers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from channels import ABSOLUTE, RELATIVE, UNITS

if TYPE_CHECKING:
    from pathlib import Path

Floats: TypeAlias = npt.NDArray[np.float32]
Grey: TypeAlias = npt.NDArray[np.uint8]

HANDS = 2
"""How many interpreters, each with one thread, share a large batch of crops."""
SMALL = 64
RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")


def open_interpreter(path: Path, threads: int = 1) -> Any:  # noqa: ANN401 - the vendors' classes share no type
    """Open a model with LiteRT, or with tflite-runtime where that is what there is."""
    for name in RUNTIMES:
        try:
            module = import_module(name)
        except ModuleNotFoundError:
            continue
        interpreter = module.Interpreter(str(path), num_threads=threads)
        interpreter.allocate_tensors()
        return interpreter
    message = "no runtime: pip install ai-edge-litert, or tflite-runtime on Python 3.11"
    raise ModuleNotFoundError(message)


class Quantised:
    """The int8 model: crops (112,112) uint8 to its seven outputs, as they are dequantised."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._others: list[Quantised] = []
        self.interpreter = open_interpreter(path)
        self._input = self.interpreter.get_input_details()[0]
        self._outputs = self.interpreter.get_output_details()
        for tensor in (self._input, *self._outputs):
            if tensor["dtype"] is not np.int8:
                message = f"{path}: tensor {tensor['name']} is {tensor['dtype']}; wanted int8"
                raise TypeError(message)
        # All 256 greys through the input's own scale once, so that a crop is one table look-up.
        scale, zero = self._input["quantization"]
        greys = np.round(np.arange(256) / 255 / scale) + zero
        self._table = np.clip(greys, -128, 127).astype(np.int8)

    def __call__(self, crop: Grey) -> list[Floats]:
        """Give the outputs of one crop, each (K,)."""
        self.interpreter.set_tensor(self._input["index"], self._table[crop][None, :, :, None])
        self.interpreter.invoke()
        found = []
        for tensor in self._outputs:
            scale, zero = tensor["quantization"]
            raw = self.interpreter.get_tensor(tensor["index"])[0].astype(np.float32)
            found.append((raw - zero) * np.float32(scale))
        return found

    def many(self, crops: Grey) -> list[Floats]:
        """Give the outputs of crops (N,112,112), each (N,K)."""
        if len(crops) < SMALL:
            return self._in_turn(crops)
        while len(self._others) < HANDS - 1:
            self._others.append(Quantised(self._path))
        with ThreadPoolExecutor(HANDS) as pool:
            parts = np.array_split(crops, HANDS)
            found = list(pool.map(Quantised._in_turn, (self, *self._others), parts))
        return [np.concatenate(column) for column in zip(*found, strict=True)]

    def _in_turn(self, crops: Grey) -> list[Floats]:
        rows = [self(crop) for crop in crops]
        return [np.stack([row[place] for row in rows]) for place in range(len(self._outputs))]


class Compared(Quantised):
    """The same, with what the device compares a face with its own neutral by as output 0.

    That is a unit's relative output by its `scale` (24,), but for jaw and lids, whose movements are
    large (`cuelight.read.sitter`). Only differences of it mean anything.
    """

    def __init__(self, path: Path, scale: Floats) -> None:
        super().__init__(path)
        self._scale = scale

    def many(self, crops: Grey) -> list[Floats]:
        """Give the outputs of crops (N,112,112), each (N,K)."""
        found = super().many(crops)
        relative = found[RELATIVE] * self._scale
        found[0] = np.where(np.isin(UNITS, ABSOLUTE), found[0], relative).astype(np.float32)
        return found
