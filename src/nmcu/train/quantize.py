"""Post-training quantisation and quantisation-aware fine-tuning of any traceable model.

The rules, applied by `quantize` to the traced graph:

1. Weights of convolutions and linear layers: int8, symmetric, per output channel (of grouped transposed convolutions:
   per tensor). Masks stay, frozen.
2. Every value that is computed is quantised per tensor; where the only user is a ReLU, ReLU6 or clip, only what
   comes out of that (it becomes the clamp of the requantisation).
3. Values that only move (reshape, transpose, max pool, ...) keep the range of their source.
4. The input and every constant tensor that takes part in a computation are quantised too.
"""

from typing import Any, cast

from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import TensorMetadata
from torch.nn.utils import parametrize

from nmcu.errors import NmcuError
from nmcu.registry import Registry
from nmcu.sparsity import detect
from nmcu.train import given, masks
from nmcu.train.agreement import check_alone, check_same
from nmcu.train.fakequant import ActivationQuant, WeightQuant, channel_axis
from nmcu.train.flatten import check_flattened, flattened
from nmcu.train.folding import module_of
from nmcu.train.masks import NMMask
from nmcu.train.ranges import QUANTIZERS, is_quantised, passing, quantizers
from nmcu.train.rehearsal import check_exports
from nmcu.train.rules import Rules
from nmcu.train.trace import traced


def quantize(model: nn.Module, sample: Tensor, registry: Registry | None = None) -> fx.GraphModule:
    """A copy of `model` that computes as its int8 export will, ready for `calibrate` or further training.

    `sample` is one batch of inputs. BatchNorm is folded; N:M patterns, whether kept by `sparsify` or found in the
    weights, stay frozen. The copy trains with any optimiser made from its parameters; `calibrate` it first. What can
    be quantised is what the training rules of the operators in `registry` (by default what is installed) name. Raises
    `NmcuError` for a model that cannot be traced, for whatever `export` would refuse after the training, or where the
    copy, before any rounding, gives something else on `sample` than `model` in evaluation mode.
    """
    given.check_plain(model)
    given.check_float32(model)
    if any(is_quantised(module) for module in model.modules()):
        raise NmcuError("the model is quantised already: calibrate it, train it or export it as it is")
    sample = given.check_inputs(sample, "the sample")
    operators = (registry or Registry.installed()).operators.values()
    graph = quantised_copy(model, sample, Rules.of(operators))
    check_exports(graph, sample, operators, type(model).__name__)
    return graph.to(sample.device).train()


def quantised_copy(model: nn.Module, sample: Tensor, rules: Rules) -> fx.GraphModule:
    """What `quantize` returns, in evaluation mode, without trying whether it can be exported, which takes seconds."""
    graph, kept = traced(model, sample)
    channels = flattened(graph, rules)
    check_flattened(channels, kept)
    for node in list(graph.graph.nodes):
        _quantize_value(graph, node, rules)
    graph.recompile()
    with passing(quantizers(graph).values()):
        check_same(model, graph.eval(), sample)
    check_alone(model, sample)
    for name in dict.fromkeys(
        str(n.target) for n in graph.graph.nodes if isinstance(module_of(graph, n), rules.layers)
    ):
        _quantize_weight(graph.get_submodule(name), kept.get(name), channels.get(name))
    return graph


def _quantize_value(graph: fx.GraphModule, node: fx.Node, rules: Rules) -> None:
    """Put a quantiser after `node`: one of its own, that of its source, or none."""
    kind, computes = _kind(graph, node), _is_float_tensor(node) or _is_several(node)
    if node.op == "output" or kind in rules.nothing:
        return
    if not computes:
        _check_no_tensor(node)
        return
    if kind in rules.moves and _is_several(node):
        return  # the parts are picked one by one, each by a node of its own
    if kind in rules.moves:
        _call_after(graph, node, _source_quantizer(graph, node), moved=True)
    elif node.op in ("placeholder", "get_attr") or kind in rules.computes:
        users = list(node.users)
        if len(users) == 1 and _kind(graph, users[0]) in rules.clamps and kind not in rules.clamps:
            return
        name = _value_name(graph, node, rules)
        graph.add_submodule(name, ActivationQuant(fixed=(0.0, 255 / 256) if kind in rules.bounded else None))
        _call_after(graph, node, name)
    else:
        label = kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind))
        where = node.target if node.op == "call_module" else node.name
        if isinstance(module_of(graph, node), nn.RNNBase | nn.RNNCellBase):
            raise NmcuError(
                f"{label} at {where!r} cannot be trained in int8 as one layer: write its steps out in forward(), with "
                "linear layers for the gates, sigmoid and tanh; files with an int8 LSTM or GRU run as they are"
            )
        raise NmcuError(f"{label} at {where!r} has no int8 form; supported: {rules.names()}")


def _call_after(graph: fx.GraphModule, node: fx.Node, quantizer: str, moved: bool = False) -> None:
    with graph.graph.inserting_after(node):
        call = graph.graph.call_module(quantizer, (node,), {"moved": True} if moved else None)
    call.meta = {"tensor_meta": node.meta["tensor_meta"]}
    node.replace_all_uses_with(call, delete_user_cb=lambda user: user is not call)


def _source_quantizer(graph: fx.GraphModule, node: fx.Node) -> str:
    """The name of the quantiser whose values `node` moves."""
    source = node
    while not isinstance(module_of(graph, source), ActivationQuant):
        source = source.all_input_nodes[0]
    return str(source.target)


def _value_name(graph: fx.GraphModule, node: fx.Node, rules: Rules) -> str:
    """The name of a new quantiser for `node`, from the model's names: `stage1.conv1`, `stage1.add`.

    A clamp's value is named after the layer before it. Dots are written `__`, which makes it one submodule.
    """
    source = node.all_input_nodes[0] if _kind(graph, node) in rules.clamps else node
    if isinstance(module_of(graph, source), ActivationQuant):
        source = node
    if source.op in ("call_module", "get_attr"):
        name = str(source.target)
    else:
        stack = source.meta.get("nn_module_stack") or {"": ("", None)}
        scope = str(list(stack.values())[-1][0])
        operation = source.name.rstrip("0123456789").rstrip("_")
        name = f"{scope}.{operation}" if scope else operation
    taken = {n for n, _ in graph.named_modules()}
    flat = f"{QUANTIZERS}.{name.replace('.', '__')}"
    unique, count = flat, 1
    while unique in taken:
        count += 1
        unique = f"{flat}_{count}"
    return unique


def _kind(graph: fx.GraphModule, node: fx.Node) -> Any:
    """What the rules know an operation by: the module's class, the function, or the method's name."""
    module = module_of(graph, node)
    return node.target if module is None else type(module)


def _check_no_tensor(node: fx.Node) -> None:
    """Refuse what gives integers or truth values, as argmax and comparisons do; sizes are no tensors."""
    meta = node.meta.get("tensor_meta")
    if isinstance(meta, TensorMetadata):
        dtype = str(meta.dtype).removeprefix("torch.")
        raise NmcuError(
            f"{node.name!r} gives {dtype} values, which have no int8 form: leave it out of the model and do it outside"
        )


def _is_float_tensor(node: fx.Node) -> bool:
    meta = node.meta.get("tensor_meta")
    return isinstance(meta, TensorMetadata) and meta.dtype.is_floating_point


def _is_several(node: fx.Node) -> bool:
    """Whether `node` gives several tensors, as a split and PyTorch's fused attention do."""
    meta = node.meta.get("tensor_meta")
    return isinstance(meta, tuple | list) and not isinstance(meta, TensorMetadata)


def _quantize_weight(
    layer: nn.Module, kept: tuple[Any, Tensor, int | None] | None, channels: int | None
) -> None:
    weight = cast(Tensor, layer.weight)
    mask = _frozen_mask(layer, weight, kept, channels)
    if mask is not None:
        parametrize.register_parametrization(layer, "weight", mask)
    parametrize.register_parametrization(layer, "weight", WeightQuant(channel_axis(layer)))


def _frozen_mask(
    layer: nn.Module, weight: Tensor, kept: tuple[Any, Tensor, int | None] | None, channels: int | None
) -> NMMask | None:
    """The mask that `sparsify` left, or one for the pattern found in plain weights, or None.

    `channels` are those of the map that is flattened before the layer, if one is. Zeros alone are no pattern: heads and
    the last BatchNorm of a residual branch begin so. Nor do zeros inside a pattern's positions stay for ever.
    """
    if kept is not None:
        pattern, keep, channels = kept
        mask = NMMask(weight, pattern, channels=channels)
        mask.mask.copy_(keep)
    elif isinstance(layer, masks.PRUNABLE) and weight.detach().any():
        pattern = detect(masks.reduction_last(weight.detach(), channels).cpu().numpy())
        if pattern is None:
            return None
        mask = NMMask(weight, pattern, channels=channels)
    else:
        return None
    mask.frozen = True
    return mask
