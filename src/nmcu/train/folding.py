"""Layers that fold into the convolution or linear layer before them, in a traced graph in evaluation mode."""

import operator
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nmcu.errors import NmcuError

Layer = nn.Conv1d | nn.Conv2d | nn.ConvTranspose2d | nn.Linear


def fold_batchnorm(graph: fx.GraphModule) -> None:
    """Each BatchNorm becomes part of the layer before it; raises `NmcuError` naming one that cannot."""
    for node in list(graph.graph.nodes):
        norm = module_of(graph, node)
        if not isinstance(norm, _BatchNorm):
            continue
        name, source = f"BatchNorm {node.target!r}", node.args[0]
        layer = module_of(graph, source)
        if not isinstance(layer, Layer) or len(source.users) != 1:
            raise NmcuError(
                f"{name} cannot be folded: it must be the only user of the convolution or linear layer before it"
            )
        shape = tuple(node.meta["tensor_meta"].shape)
        if len(shape) != (2 if isinstance(layer, nn.Linear) else 2 + len(layer.kernel_size)):
            raise NmcuError(
                f"{name} normalises axis 1 of {shape}, which is not the channels of {source.target!r}: transpose "
                "around it, or use LayerNorm"
            )
        if _calls(graph, source) != 1:
            raise NmcuError(
                f"{name} cannot be folded into {source.target!r}, which the model uses {_calls(graph, source)} times: "
                "give each use a layer and a BatchNorm of its own"
            )
        if norm.running_mean is None or norm.running_var is None:
            raise NmcuError(
                f"{name} keeps no running statistics (track_running_stats=False), and what follows the statistics of a "
                "batch has no int8 form: train it with running statistics"
            )
        for each, module in ((source.target, layer), (node.target, norm)):
            if module._forward_hooks or module._forward_pre_hooks:
                raise NmcuError(
                    f"layer {each!r} has a hook, which folding {name} would lose: remove the hook first"
                )
        _scale(layer, *_gain_and_offset(norm, norm.running_mean, norm.running_var))
        _bypass(graph, node, source)


def _gain_and_offset(norm: _BatchNorm, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """(channels,) factors and summands that `norm` is in evaluation mode."""
    gain = torch.rsqrt(variance + norm.eps)
    if norm.weight is not None:
        gain = gain * norm.weight
    return gain, -mean * gain if norm.bias is None else norm.bias - mean * gain


def _scale(layer: Layer, gain: Tensor, offset: Tensor) -> None:
    """Make `layer` give `gain * y + offset`, by output channel, by parameters of its own: others may share the old."""
    weight = layer.weight.detach()
    if isinstance(layer, nn.ConvTranspose2d):  # weights are (Cin, Cout/groups, KH, KW)
        grouped = weight.reshape(layer.groups, -1, *weight.shape[1:]) * gain.view(layer.groups, 1, -1, 1, 1)
        weight = grouped.flatten(0, 1)
    else:
        weight = weight * gain.view(-1, *[1] * (weight.ndim - 1))
    layer.weight = nn.Parameter(weight.detach())
    bias = offset if layer.bias is None else layer.bias * gain + offset
    layer.bias = nn.Parameter(bias.detach())


def fold_factors(graph: fx.GraphModule) -> None:
    """`linear(x) * constant`, as attention scales its queries, becomes one linear layer."""
    for node in list(graph.graph.nodes):
        if node.op != "call_function" or node.target not in (operator.mul, torch.mul, operator.truediv):
            continue
        source, factor = (*node.args, None)[:2]
        layer = module_of(graph, source)
        if not isinstance(factor, int | float) or not isinstance(layer, nn.Linear):
            continue
        if len(source.users) == 1 and _calls(graph, source) == 1 and not layer._forward_hooks and factor:
            scale = 1 / factor if node.target is operator.truediv else factor
            # New parameters: other modules may share the old ones.
            layer.weight = nn.Parameter(layer.weight.detach() * scale)
            if layer.bias is not None:
                layer.bias = nn.Parameter(layer.bias.detach() * scale)
            _bypass(graph, node, source)


def _calls(graph: fx.GraphModule, node: fx.Node) -> int:
    """How often the module that `node` calls is called."""
    return sum(other.op == "call_module" and other.target == node.target for other in graph.graph.nodes)


def _bypass(graph: fx.GraphModule, node: fx.Node, source: Any) -> None:
    node.replace_all_uses_with(source)
    graph.graph.erase_node(node)
    graph.delete_all_unused_submodules()
    graph.recompile()


def module_of(graph: fx.GraphModule, node: object) -> nn.Module | None:
    """The module that `node` calls, or None where it calls none."""
    if not isinstance(node, fx.Node) or node.op != "call_module":
        return None
    return graph.get_submodule(str(node.target))
