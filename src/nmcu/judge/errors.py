"""Why a judge gave no answer: none of these says anything about the network."""

from nmcu.errors import NmcuError


class JudgeError(NmcuError):
    """The runtime gave no tensors for the model."""


class NotInstalled(JudgeError):
    """The runtime's package is missing."""


class Refused(JudgeError):
    """The runtime does not accept the model or its inputs; the sentence is its own."""


class Crashed(JudgeError):
    """The runtime's process ended by itself."""


class OutOfTime(JudgeError):
    """The runtime took longer than it may."""


class OutOfMemory(JudgeError):
    """The runtime needed more memory than it may have."""
