"""The exceptions and warnings a user can meet: one sentence each. The CLI prints it; after an exception it exits 1."""


class NmcuError(Exception):
    """Base class: one clear sentence that names the node or file, what was found and what to do."""


class ModelError(NmcuError):
    """A model file that cannot be read, or a node that is not supported."""


class PlanError(NmcuError):
    """A network that does not fit the target."""


class ToolchainError(NmcuError):
    """The compiler or linker failed; `log` holds all it said."""

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log


class ProgramTooLarge(ToolchainError):
    """A memory has `lack` bytes too few for code, constants and what the planner put beside them."""

    def __init__(self, message: str, log: str, lack: int) -> None:
        super().__init__(message, log)
        self.lack = lack


class SimulationFault(NmcuError):
    """The simulated program did something the machine does not allow."""


def counted(count: int, noun: str) -> str:
    """`1 input`, `2 inputs`: a number with its noun, for sentences."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


class NoGainWarning(UserWarning):
    """A sparsity pattern that makes no layer of a network faster on the machine."""
