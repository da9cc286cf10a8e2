"""The schedule of a network, read from IREE's program for its hardware abstraction layer (the phase `hal`)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nmcu.iree.adapter import IreeError
from nmcu.iree.schedule import Command, Copy, Dispatch, Fill, Range, Schedule

SILENT = frozenset(
    {
        "arith.constant",
        "hal.buffer.assert",
        "hal.buffer_usage",
        "hal.buffer_view.assert",
        "hal.buffer_view.buffer",
        "hal.buffer_view.create",
        "hal.command_buffer.finalize",
        "hal.device.allocator",
        "hal.device.queue.barrier",
        "hal.device.queue.dealloca",
        "hal.element_type",
        "hal.encoding_type",
        "hal.executable.lookup.function",
        "hal.fence.await",
        "hal.fence.create",
        "hal.fence.join",
        "hal.memory_type",
        "util.global.load",
        "util.null",
        "util.status.check_ok",
    }
)
"""Operations that only name something, or wait: what is queued runs in the order of the program, whatever waits."""
ALIGNMENT = 16
"""Of buffers that share a memory, in bytes."""


def read(program: str) -> Schedule:
    """The schedule of the one function of `program`, the text of a module whose command buffers are made and run by
    this function.

    Raises `IreeError` where it does anything but run commands that are known beforehand.
    """
    from iree.compiler import ir

    with ir.Context():
        module = ir.Module.parse(program).operation
        functions = [
            operation
            for operation in _inside(module)
            if operation.name == "util.func" and "iree.abi.model" in operation.attributes
        ]
        if len(functions) != 1:
            raise IreeError(f"IREE's program has {len(functions)} functions to call; nmcu follows one")
        reader = _Reader(functions[0], _constants(module))
        for operation in _body(functions[0]):
            reader.read(operation)
        return reader.schedule()


class _Reader:
    """What the values of a function are, and the commands that it has run so far.

    Until all is read, each buffer that the function allocates is a range of the transient memory with a number.
    """

    def __init__(self, function: Any, constants: Mapping[str, bytes]) -> None:
        self._arguments = list(function.regions[0].blocks[0].arguments)
        self._constants = constants
        self._allocated: dict[Any, int] = {}
        self._recorded: dict[Any, list[list[Command]]] = {}
        self._steps: list[list[Command]] = []
        self._results: list[Range] = []
        self._how: Mapping[str, Callable[[Any], None]] = {
            "hal.command_buffer.copy_buffer": self._copy_buffer,
            "hal.command_buffer.create": self._create,
            "hal.command_buffer.dispatch": self._dispatch,
            "hal.command_buffer.execution_barrier": self._barrier,
            "hal.command_buffer.fill_buffer": self._fill_buffer,
            "hal.device.queue.alloca": self._alloca,
            "hal.device.queue.copy": self._queue_copy,
            "hal.device.queue.execute": self._execute,
            "util.return": self._return,
        }

    def read(self, operation: Any) -> None:
        """Takes the next operation; raises `IreeError` for one that it does not follow."""
        if operation.name in SILENT:
            return
        if operation.name not in self._how:
            raise IreeError(f"IREE's schedule has the operation {operation.name}, which nmcu does not follow")
        self._how[operation.name](operation)

    def schedule(self) -> Schedule:
        """What was read. A buffer that is one output is that; others share the transient memory, from which outputs
        are copied."""
        places, end = {}, 0
        for number, size in enumerate(self._allocated.values()):
            inside = [r for r in self._results if (r.buffer, r.number) == ("transient", number)]
            if [(r.offset, r.bytes) for r in inside] == [(0, size)]:
                places[number] = Range("output", self._results.index(inside[0]), 0, size)
            else:
                places[number] = Range("transient", 0, end, size)
                end = -(-(end + size) // ALIGNMENT) * ALIGNMENT

        def placed(given: Range) -> Range:
            if given.buffer != "transient":
                return given
            place = places[given.number]
            return replace(place, offset=place.offset + given.offset, bytes=given.bytes)

        ends = [Range("output", number, 0, r.bytes) for number, r in enumerate(self._results)]
        copies = [
            Copy(source, target)
            for source, target in zip(map(placed, self._results), ends, strict=True)
            if source != target
        ]
        steps: list[Sequence[Command]] = [
            *([_placed(command, placed) for command in step] for step in self._steps),
            copies,
        ]
        return Schedule(
            steps=tuple(tuple(step) for step in steps if step),
            constants=b"".join(_padded(data) for data in self._constants.values()),
            transient_bytes=end,
            outputs=tuple(r.bytes for r in self._results),
        )

    def _alloca(self, operation: Any) -> None:
        self._allocated[operation.result] = _integer(operation.operands[7])

    def _create(self, operation: Any) -> None:
        self._recorded[operation.result] = [[]]

    def _barrier(self, operation: Any) -> None:
        self._recorded[operation.operands[0]].append([])

    def _dispatch(self, operation: Any) -> None:
        buffer, _, function, *counts, constants, buffers, offsets, lengths = _segments(operation)
        name = str(function[0].owner.attributes["entry_point"]).rsplit("@", 1)[1].strip('"')
        x, y, z = (_integer(count[0]) for count in counts)
        bindings = tuple(map(self._range, buffers, offsets, lengths))
        dispatch = Dispatch(name, (x, y, z), tuple(map(_integer, constants)), bindings)
        self._recorded[buffer[0]][-1].append(dispatch)

    def _fill_buffer(self, operation: Any) -> None:
        buffer, target, offset, length, pattern = operation.operands
        bits = int(str(pattern.type).removeprefix("i"))
        value = (_integer(pattern) & ((1 << bits) - 1)).to_bytes(bits // 8, "little")
        self._recorded[buffer][-1].append(Fill(self._range(target, offset, length), value))

    def _copy_buffer(self, operation: Any) -> None:
        buffer, *ends = operation.operands
        self._recorded[buffer][-1].append(self._copy(*ends))

    def _queue_copy(self, operation: Any) -> None:
        self._steps.append([self._copy(*list(operation.operands)[4:])])

    def _execute(self, operation: Any) -> None:
        self._steps += self._recorded.pop(operation.operands[4])

    def _return(self, operation: Any) -> None:
        for view in operation.operands:
            self._results.append(self._range(*list(view.owner.operands)[:3]))

    def _copy(self, source: Any, source_offset: Any, target: Any, target_offset: Any, length: Any) -> Copy:
        return Copy(self._range(source, source_offset, length), self._range(target, target_offset, length))

    def _range(self, buffer: Any, offset: Any, length: Any) -> Range:
        start, size = _integer(offset), _integer(length)
        if buffer in self._allocated:
            return Range("transient", list(self._allocated).index(buffer), start, size)
        maker = buffer.owner
        if maker.name == "hal.buffer_view.buffer" and maker.operands[0] in self._arguments:
            return Range("input", self._arguments.index(maker.operands[0]), start, size)
        if maker.name == "util.global.load":
            name = str(maker.attributes["global"]).removeprefix("@").strip('"')
            if name in self._constants:
                before = list(self._constants).index(name)
                packed = map(_padded, list(self._constants.values())[:before])
                return Range("constants", 0, start + sum(map(len, packed)), size)
        raise IreeError(f"IREE's schedule has a buffer by {maker.name}, which nmcu does not follow")


def _placed(command: Command, placed: Callable[[Range], Range]) -> Command:
    match command:
        case Dispatch():
            return replace(command, bindings=tuple(map(placed, command.bindings)))
        case Fill():
            return replace(command, target=placed(command.target))
        case Copy():
            return Copy(placed(command.source), placed(command.target))


def _inside(operation: Any) -> Iterator[Any]:
    """Operations directly in the regions of `operation`."""
    for region in operation.regions:
        for block in region.blocks:
            for inner in block.operations:
                yield inner.operation


def _body(function: Any) -> Iterator[Any]:
    if len(function.regions[0].blocks) != 1:
        raise IreeError(
            "IREE's schedule depends on values that are known in a run only, which nmcu does not follow"
        )
    return _inside(function)


def _segments(operation: Any) -> Iterator[Sequence[Any]]:
    """The operands in the groups that the operation declares."""
    operands, start = list(operation.operands), 0
    for size in operation.attributes["operandSegmentSizes"]:
        yield operands[start : start + size]
        start += size


def _integer(value: Any) -> int:
    """The constant that `value` is."""
    maker = value.owner
    if maker.name != "arith.constant":
        raise IreeError(
            "IREE's schedule depends on values that are known in a run only, which nmcu does not follow"
        )
    return int(maker.attributes["value"].value)


def _constants(module: Any) -> Mapping[str, bytes]:
    """The bytes of constant buffers by the global that holds each."""
    found = {}
    for initializer in _inside(module):
        if initializer.name != "util.initializer":
            continue
        inner = list(_inside(initializer))
        stored = [o for o in inner if o.name == "util.global.store"]
        names = [str(o.attributes["global"]).removeprefix("@").strip('"') for o in stored]
        if not any(str(o.operands[0].type) == "!hal.buffer" for o in stored):
            continue
        given = [o for o in inner if o.name == "util.buffer.constant"]
        if len(given) != 1 or len(names) != 1 or any("command_buffer" in o.name for o in inner):
            raise IreeError("IREE computes constants in the first run, which nmcu does not follow")
        found[names[0]] = _bytes(str(given[0].attributes["value"]))
    return found


def _bytes(text: str) -> bytes:
    """The bytes of a constant: elements of one kind, or `#util.composite<SIZExi8, [ELEMENTS, ...]>`."""
    if not text.startswith("#util.composite<"):
        return _elements(text)
    size, inside = text.removeprefix("#util.composite<").split("xi8, [", 1)
    data = b"".join(map(_elements, _split(inside.rsplit("]>", 1)[0])))
    if len(data) != int(size):
        raise IreeError(f"a constant of IREE's is {len(data)} bytes, not {size}")
    return data


def _split(text: str) -> Iterator[str]:
    """The parts of `text` that end with a comma outside of brackets and quotes; the last one may do without."""
    depth, start, quoted = 0, 0, False
    for at, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "<[(":
            depth += 1
        elif not quoted and character in ">])":
            depth -= 1
        elif not quoted and character == "," and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    if text[start:].strip():
        yield text[start:].strip()


def _elements(text: str) -> bytes:
    from iree.compiler import ir

    attribute = ir.Attribute.parse(text)
    if not isinstance(attribute, ir.DenseElementsAttr):
        raise IreeError(f"a constant of IREE's is written as {text[:40]!r}, which nmcu does not read")
    return np.array(attribute).tobytes()


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)
