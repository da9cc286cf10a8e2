"""Modules and functions that change their argument where it lies, made to give a new value."""

from torch import fx

from nmcu.train.folding import module_of


def without_in_place(graph: fx.GraphModule) -> None:
    """Let what reads a value after `ReLU(inplace=True)` or its like has changed it read that one's result.

    Int8 has a scale for each value: what is changed where it lies would have none of its own. Views of the value are
    left: `agreement` finds where they matter.
    """
    order = {node: i for i, node in enumerate(graph.graph.nodes)}
    for node in [
        node for node in order if _is_in_place(graph, node)
    ]:  # all of them first: modules are used twice
        module, source = module_of(graph, node), next(iter(node.args), None)
        if not isinstance(source, fx.Node) or any(user.op == "output" for user in source.users):
            continue
        if module is not None:
            setattr(module, "inplace", False)  # noqa: B010
        else:
            node.kwargs = {**node.kwargs, "inplace": False}
        for user in [user for user in source.users if order[user] > order[node]]:
            user.replace_input_with(source, node)
    graph.recompile()


def _is_in_place(graph: fx.GraphModule, node: fx.Node) -> bool:
    return bool(getattr(module_of(graph, node), "inplace", False) or node.kwargs.get("inplace"))
