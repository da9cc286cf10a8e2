"""Steps of one value: activations, clamps, what does nothing, numbers added and multiplied."""

from nmcu.bench.differential.torch.network import Network

MODULES = (
    *("nn.ReLU()", "nn.ReLU6()", "nn.Hardtanh()", "nn.Hardtanh(-0.5, 2.0)", "nn.ReLU(inplace=True)"),
    *("nn.ReLU6(inplace=True)", "nn.CELU()", "nn.CELU(0.5)", "nn.ELU()", "nn.ELU(0.3)", "nn.GELU()"),
    *("nn.GELU('tanh')", "nn.Hardsigmoid()", "nn.Hardswish()", "nn.LeakyReLU()", "nn.LeakyReLU(0.3)"),
    *("nn.LeakyReLU(-0.5)", "nn.Mish()", "nn.PReLU()", "nn.SELU()", "nn.Sigmoid()", "nn.SiLU()"),
    *("nn.SiLU(inplace=True)", "nn.Softplus()", "nn.Softplus(2.0, 3.0)", "nn.Softsign()", "nn.Tanh()"),
)
FUNCTIONS = (
    *("relu", "relu6", "hardtanh", "celu", "elu", "gelu", "hardsigmoid", "hardswish", "leaky_relu", "mish"),
    *("selu", "sigmoid", "silu", "softplus", "softsign", "tanh"),
)
METHODS = (
    ".relu()",
    ".sigmoid()",
    ".tanh()",
    ".clamp(-0.5, 1.5)",
    ".clamp(min=-1)",
    ".clamp(max=0.75)",
    ".clamp(0, 6)",
)
TORCH = (
    "relu({})",
    "sigmoid({})",
    "tanh({})",
    "clamp({}, -1, 1)",
    "clamp({}, min=0.1)",
    "clamp({}, max=-0.2)",
)
NOTHING = ("nn.Identity()", "nn.Dropout()", "nn.Dropout2d(0.3)", "nn.Dropout(0.2, inplace=True)")
SCALARS = (
    *("{} + 0.5", "0.5 + {}", "{} - 0.3", "1.0 - {}", "{} * 0.4", "-2 * {}", "{} / 3", "torch.add({}, 0.7)"),
    *("{}.add(1)", "torch.sub({}, 0.2)", "{}.sub(1.5)", "torch.mul({}, 1.25)", "{}.mul(0.1)", "{} * 0"),
    *("torch.add({}, {}, alpha=0.5)", "torch.sub({}, 0.5, alpha=2)"),
)
WORDS = {"+": "operator.add", "-": "operator.sub", "*": "operator.mul", "/": "operator.truediv"}


def module(net: Network, x: str) -> None:
    """An activation as a module."""
    name, _, arguments = net.choice(MODULES).removesuffix(")").partition("(")
    if name == "nn.PReLU" and net.chance(3):
        arguments = str(net.shape(x)[1])
    net.layer(f"torch.{name}", arguments, x)


def function(net: Network, x: str) -> None:
    """An activation as a function or method."""
    form = net.number(0, 2)
    if form == 0:
        name = net.choice(FUNCTIONS)
        net.line(f"functional.{name}({x})", f"torch.nn.functional.{name}", x)
    elif form == 1:
        call = net.choice(METHODS)
        net.line(f"{x}{call}", call.partition("(")[0], x)
    else:
        call = net.choice(TORCH)
        net.line(f"torch.{call.format(x)}", f"torch.{call.partition('(')[0]}", x)


def nothing(net: Network, x: str) -> None:
    """What a trained network does without."""
    form = net.number(0, 2)
    if form == 0:
        name, _, arguments = net.choice(NOTHING).removesuffix(")").partition("(")
        net.layer(f"torch.{name}", arguments, x)
    elif form == 1:
        net.line(f"{x}.contiguous()", ".contiguous", x)
    else:
        net.line(f"functional.dropout({x}, 0.5, self.training)", "torch.nn.functional.dropout", x)


def scalar(net: Network, x: str) -> None:
    """A number added or multiplied."""
    code = net.choice(SCALARS)
    if code.startswith("torch."):
        operator = code.partition("(")[0]
    elif code.startswith("{}."):
        operator = "." + code[3:].partition("(")[0]
    else:
        operator = WORDS[next(c for c in code if c in WORDS and f" {c} " in code)]
    net.line(code.replace("{}", x), operator, x)
