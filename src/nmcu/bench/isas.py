"""The instruction sets that are measured where none are named."""

ISAS = ("xcv", "xdec", "gmac")
"""Software, the published instruction, the second generation; a kernel is measured on the first that it runs on."""
