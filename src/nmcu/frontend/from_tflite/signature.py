"""Of a TFLite file with several signatures (functions of one model) the one that is wanted."""

import struct
from collections.abc import Sequence
from typing import Any

import tflite

from nmcu.errors import ModelError
from nmcu.frontend.from_tflite.file import DAMAGE

SUBGRAPHS, SIGNATURES = 8, 18
"""Of `Model.subgraphs` and `Model.signature_defs`: their entries in the schema's table of fields."""


def chosen(data: bytes, name: str | None) -> bytes:
    """`data` with the subgraph of signature `name` in the first place, which is the one that runtimes run and readers
    read, and without the list of signatures where there were several; without a `name` the only signature's.

    Raises `ModelError` where there is no signature of this name, and where several functions leave a choice.
    """
    try:
        model = tflite.Model.GetRootAs(data, 0)
        known = _signatures(model)
        if name is None:
            if len({index for _, index in known}) > 1:
                raise ModelError(f"has the signatures {_listed(known)}: choose one with --signature NAME")
            index = known[0][1] if known else 0
        else:
            found = [index for key, index in known if key == name]
            if not found:
                there = f"it has {_listed(known)}" if known else "it has none; leave --signature out"
                raise ModelError(f"has no signature {name!r}: {there}")
            index = found[0]
        if not 0 <= index < max(1, model.SubgraphsLength()):
            raise ModelError(f"the TFLite file is damaged: a signature is of subgraph {index}")
        several = len({index for _, index in known}) > 1
        return _first(data, model, index) if index or several else data
    except DAMAGE as error:
        raise ModelError("the TFLite file is damaged: its signatures point outside the file") from error


def _signatures(model: Any) -> list[tuple[str, int]]:
    """Name and subgraph of each."""
    each = (
        model.SignatureDefs(i) for i in range(min(model.SignatureDefsLength(), model.SubgraphsLength() + 64))
    )
    return [((s.SignatureKey() or b"").decode("utf-8", "replace"), int(s.SubgraphIndex())) for s in each]


def _listed(known: Sequence[tuple[str, int]]) -> str:
    return ", ".join(repr(key) for key, _ in known)


def _first(data: bytes, model: Any, index: int) -> bytes:
    """Subgraph `index` and the first one change places; the model gets a table of fields without signatures.

    Fields are found by their distance from where it is written, vectors hold distances from each entry.
    """
    changed, table = bytearray(data), model._tab
    place = table.Vector(table.Offset(SUBGRAPHS))
    a, b = place, place + 4 * index
    first, second = (at + _number(changed, "<I", at) for at in (a, b))
    struct.pack_into("<I", changed, a, second - a)
    struct.pack_into("<I", changed, b, first - b)
    fields = table.Pos - _number(changed, "<i", table.Pos)
    size = _number(changed, "<H", fields)
    copy = bytearray(changed[fields : fields + size])
    if size > SIGNATURES:
        struct.pack_into("<H", copy, SIGNATURES, 0)
    changed += bytes(-len(changed) % 4)
    struct.pack_into("<i", changed, table.Pos, table.Pos - len(changed))
    return bytes(changed + copy)


def _number(data: bytearray, kind: str, at: int) -> int:
    return int(struct.unpack_from(kind, data, at)[0])
