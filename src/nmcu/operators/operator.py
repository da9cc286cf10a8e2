"""What an operator of the integer graph is to all that reads, writes, trains or documents it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from nmcu.frontend import Export, OnnxReader, TfliteReader
from nmcu.graph.op import Op
from nmcu.operators.tolerance import ONE_STEP, Tolerance


@dataclass(frozen=True)
class Training:
    """The PyTorch operations that become an operator, and what int8 means for each.

    Dotted names of module classes and functions (`torch.nn.Softmax`, `operator.add`), or of tensor methods with
    nothing before the dot (`.softmax`). `computes`: the result gets a scale and zero point of its own; `bounded`: as
    that, with the range 0 to 1; `moves`: values keep theirs; `clamps`: fused into the layer before; `weighted`:
    modules with int8 weights; `nothing`: absent from the exported model.
    """

    computes: tuple[str, ...] = ()
    bounded: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    clamps: tuple[str, ...] = ()
    weighted: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operator:
    """An operator with its readers, writer and training rule; its kernels are found by its class `op`.

    `onnx` and `tflite` are the nodes whose reading leads to it, by name (`Softmax`, `com.microsoft.Gelu`; `SOFTMAX`); a
    reader may emit other operators too. `onnx_floats` and `tflite_floats` are those in a float section. `write` gives
    the float ONNX nodes that stand for it; without one a model that has it cannot be saved. `tolerance` is how far it
    may be from a runtime on the same inputs. The documentation's rows come from `op.SUMMARY` and the readers'
    docstrings.
    """

    op: type[Op]
    onnx: Mapping[str, OnnxReader] = field(default_factory=lambda: MappingProxyType({}))
    tflite: Mapping[str, TfliteReader] = field(default_factory=lambda: MappingProxyType({}))
    onnx_floats: Mapping[str, OnnxReader] = field(default_factory=lambda: MappingProxyType({}))
    tflite_floats: Mapping[str, TfliteReader] = field(default_factory=lambda: MappingProxyType({}))
    write: Export | None = None
    training: Training = Training()
    tolerance: Tolerance = ONE_STEP

    @property
    def name(self) -> str:
        """The name of the operator's class, which is its node's type in a saved integer graph."""
        return self.op.__name__
