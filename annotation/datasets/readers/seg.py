"""Cellpose's `_seg.npy` without unpickling: the pickle's instructions are followed one by one, and only those that make
arrays and plain containers are known. Anything else is refused before it means anything. Runs behind walls: no Django.

Source: CPython's pickletools (protocols 2 to 5), numpy.lib.format.
"""

from __future__ import annotations

import ast
import pickletools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from annotation.datasets.readers.found import FoundPlane, part, plain_stem, split_plane
from annotation.datasets.readers.labels import cells_of
from annotation.imaging.readers.archive import Archive
from annotation.imaging.refusals import RefusalError

_ENDING = "_seg.npy"
_REFUSED = "it holds something else than arrays, texts and numbers, which nobody reads here. Save the masks as TIFF"
_MOST_STEPS = 200_000
_KINDS = frozenset("buif")


class _Mark:
    pass


class _Array:
    """An array that is being put together; ``values`` is there once its state is."""

    values: Any = None


class _Dtype:
    """A dtype by its name."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.order = "<"


_NAMES = {
    f"numpy{core}.multiarray {what}": what for core in (".core", "._core") for what in ("_reconstruct", "scalar")
} | {"numpy ndarray": "ndarray", "numpy dtype": "dtype", "_codecs encode": "encode"}


def _refuse() -> RefusalError:
    return RefusalError(_REFUSED)


def _dtype(one: Any) -> np.dtype[Any]:
    if not isinstance(one, _Dtype):
        raise _refuse()
    found = np.dtype(one.code).newbyteorder(">" if one.order == ">" else "<")
    if found.kind not in _KINDS:
        raise _refuse()
    return found


class _Follower:
    """Follows instructions on a stack of its own."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def follow(self, data: bytes) -> Any:
        """What the pickle describes."""
        for number, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if number > _MOST_STEPS:
                raise _refuse()
            if opcode.name == "STOP":
                return self.stack.pop()
            step = _STEPS.get(opcode.name)
            if step is None:
                raise _refuse()
            step(self, argument)
        raise _refuse()

    def since_mark(self) -> list[Any]:
        """What was put on the stack since the last mark."""
        items: list[Any] = []
        while not isinstance(self.stack[-1], _Mark):
            items.append(self.stack.pop())
        self.stack.pop()
        return items[::-1]

    def push(self, value: Any) -> None:
        """One more value."""
        self.stack.append(value)

    def tuple_of(self, count: int) -> None:
        """The last values as one."""
        items = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        self.push(items)

    def global_(self, name: object) -> None:
        """One of the few names that arrays are made with."""
        if not isinstance(name, str) or name not in _NAMES:
            raise _refuse()
        self.push(("name", _NAMES[name]))

    def stack_global(self, _: object) -> None:
        """The same with the name's two halves on the stack."""
        name, module = self.stack.pop(), self.stack.pop()
        self.global_(f"{module} {name}")

    def reduce(self, _: object) -> None:
        """Make an empty array, a dtype or a number; nothing is ever called."""
        arguments, (kind, name) = self.stack.pop(), self.stack.pop()
        if kind != "name":
            raise _refuse()
        if name == "_reconstruct":
            self.push(_Array())
        elif name == "dtype":
            self.push(_Dtype(str(arguments[0])))
        elif name == "scalar" and isinstance(arguments[1], bytes):
            self.push(np.frombuffer(arguments[1], _dtype(arguments[0]), 1)[0].item())
        elif name == "encode" and isinstance(arguments[0], str):
            self.push(arguments[0].encode("latin1"))
        else:
            raise _refuse()

    def build(self, _: object) -> None:
        """The state of an array or of a dtype."""
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, _Dtype):
            target.order = str(state[1])
        elif isinstance(target, _Array):
            _, shape, dtype, fortran, data = state
            target.values = _array(shape, dtype, data, fortran=bool(fortran))
        else:
            raise _refuse()

    def set_items(self, items: list[Any]) -> None:
        """Pairs into the dictionary below them."""
        target = self.stack[-1]
        if not isinstance(target, dict):
            raise _refuse()
        target.update({key: value for key, value in zip(items[::2], items[1::2], strict=True) if isinstance(key, str)})

    def append_items(self, items: list[Any]) -> None:
        """Values into the list below them."""
        if not isinstance(self.stack[-1], list):
            raise _refuse()
        self.stack[-1].extend(items)


def _array(shape: Any, dtype: Any, data: Any, *, fortran: bool) -> Any:
    if isinstance(data, list):
        return data
    if not isinstance(data, bytes):
        raise _refuse()
    return np.frombuffer(data, _dtype(dtype)).reshape(tuple(int(size) for size in shape), order="F" if fortran else "C")


def _memoize(follower: _Follower, argument: Any) -> None:
    follower.memo[len(follower.memo) if argument is None else argument] = follower.stack[-1]


def _pop2(follower: _Follower) -> list[Any]:
    value, key = follower.stack.pop(), follower.stack.pop()
    return [key, value]


_Step = Callable[[_Follower, Any], None]
_STEPS: dict[str, _Step] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda _f, _a: None),
    **dict.fromkeys(
        ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
         "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "SHORT_BINSTRING", "BINSTRING"),
        lambda f, a: f.push(a),
    ),
    "NONE": lambda f, _: f.push(None),
    "NEWTRUE": lambda f, _: f.stack.append(True),
    "NEWFALSE": lambda f, _: f.stack.append(False),
    "MARK": lambda f, _: f.push(_Mark()),
    "EMPTY_DICT": lambda f, _: f.push({}),
    "EMPTY_LIST": lambda f, _: f.push([]),
    "EMPTY_TUPLE": lambda f, _: f.push(()),
    "TUPLE": lambda f, _: f.push(tuple(f.since_mark())),
    "TUPLE1": lambda f, _: f.tuple_of(1),
    "TUPLE2": lambda f, _: f.tuple_of(2),
    "TUPLE3": lambda f, _: f.tuple_of(3),
    "SETITEMS": lambda f, _: f.set_items(f.since_mark()),
    "SETITEM": lambda f, _: f.set_items(_pop2(f)),
    "APPENDS": lambda f, _: f.append_items(f.since_mark()),
    "APPEND": lambda f, _: f.append_items([f.stack.pop()]),
    **dict.fromkeys(("MEMOIZE", "BINPUT", "LONG_BINPUT"), _memoize),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda f, a: f.push(f.memo[a])),
    "GLOBAL": lambda f, a: f.global_(a),
    "STACK_GLOBAL": lambda f, a: f.stack_global(a),
    "REDUCE": lambda f, a: f.reduce(a),
    "BUILD": lambda f, a: f.build(a),
}  # fmt: skip


def plain(value: Any) -> Any:
    """Arrays instead of what they were put together in."""
    return value.values if isinstance(value, _Array) else value


def read_object(data: bytes) -> dict[str, Any]:
    """The dictionary of an .npy file of one object. Raises RefusalError for any other."""
    if data[:6] != b"\x93NUMPY" or data[6] not in (1, 2):
        raise RefusalError("it is no .npy file")
    wide = 2 if data[6] == 1 else 4
    start = 8 + wide + int.from_bytes(data[8 : 8 + wide], "little")
    header = ast.literal_eval(data[8 + wide : min(start, 4096)].decode("latin1"))
    if header.get("descr") != "|O":
        raise RefusalError("it is a plain array. Save the masks as TIFF, or as Cellpose's _seg.npy")
    whole = plain(_Follower().follow(data[start:]))
    if not isinstance(whole, list) or len(whole) != 1 or not isinstance(whole[0], dict):
        raise _refuse()
    return {key: plain(value) for key, value in whole[0].items()}


def read_seg(archive: Archive) -> Iterator[FoundPlane]:
    """NAME_seg.npy, in whatever folder."""
    for name in sorted(archive.names):
        if name.endswith(_ENDING):
            masks = read_object(part(archive, name)).get("masks")
            if not isinstance(masks, np.ndarray):
                raise RefusalError("it has no masks")
            label, t, z = split_plane(plain_stem(name.removesuffix(_ENDING)))
            layers = masks[None] if masks.ndim == 2 else masks
            for number, labels_hw in enumerate(layers):
                yield FoundPlane(label, partial(cells_of, labels_hw), t, z if masks.ndim == 2 else number)
