"""From a target description to the simulator's configuration."""

from collections.abc import Iterable, Mapping, Sequence

from nmcu.targets import Target
from nmcu.targets.memory import Level, Link

Record = Mapping[str, object]
Fields = Mapping[str, Sequence[str]]


def setup_text(target: Target, extensions: Iterable[str], fields: Fields, *, recorded_events: int = 0) -> str:
    """The machine as the simulator reads it (api/config_text.hpp): a line for each part, and the core's extensions.

    `fields` are the simulator's names (`Library.fields`, from platform/config.def): attributes of levels and links.
    """
    machine = {**_machine(target), "recorded_events": recorded_events}
    parts: list[tuple[str, Record]] = [("machine", machine), ("timing", vars(target.core.timing))]
    parts += [("memory", _memory(level, fields["memory_config"])) for level in target.memory.levels]
    parts += [("dma", _dma(link, fields["dma_config"])) for link in target.memory.links]
    lines = ["\t".join((kind, *(f"{k}={_text(v)}" for k, v in record.items()))) for kind, record in parts]
    return "\n".join([*lines, "\t".join(("extensions", *extensions))])


def _machine(target: Target) -> Record:
    record = {"cores": target.cores, "host_io_base": target.host_io_base}
    unit = target.event_unit
    if unit is None:
        return record
    return record | {"has_event_unit": True, "event_unit_base": unit.base, "wake_cycles": unit.wake_cycles}


def _memory(level: Level, names: Sequence[str]) -> Record:
    return {name: getattr(level, name) for name in names}


def _dma(link: Link, names: Sequence[str]) -> Record:
    computed = {"bytes_per_10_cycles": round(link.bytes_per_cycle * 10)}
    return {name: computed[name] if name in computed else getattr(link, name) for name in names}


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
