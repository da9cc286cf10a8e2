"""ADD, SUB and activations."""

import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import elementwise
from nmcu.frontend.lower.softmax import softmax as lower_softmax


def add(c: Context) -> None:
    """`a + b`."""
    activation = c.activation(c.options(tflite.AddOptions).FusedActivationFunction())
    c.write(elementwise.add(c.builder, c.name, (c.x(0), c.x(1)), c.y(), 1, activation))


def sub(c: Context) -> None:
    """`a - b`."""
    activation = c.activation(c.options(tflite.SubOptions).FusedActivationFunction())
    c.write(elementwise.add(c.builder, c.name, (c.x(0), c.x(1)), c.y(), -1, activation))


def softmax(c: Context) -> None:
    """Softmax over the last axis, beta 1."""
    beta = c.options(tflite.SoftmaxOptions).Beta()
    if beta != 1.0:
        raise c.error(f"beta is {beta}; supported: 1")
    c.write(lower_softmax(c.builder, c.name, c.x(), c.y()))


CONVERTERS = {"ADD": add, "SUB": sub, "SOFTMAX": softmax}
