"""Models compressed with xz, as whole networks are shipped: `resnet18.onnx.xz`."""

import lzma

from nmcu.errors import ModelError

MAGIC = b"\xfd7zXZ\x00"
MAX_UNPACKED_BYTES = 2**26
MAX_DICTIONARY_BYTES = 2**27


def unpacked(data: bytes) -> bytes:
    """`data` itself, or what it unpacks to where it is an xz file; at most `MAX_UNPACKED_BYTES`.

    Raises `ModelError` for a damaged or truncated file, one that unpacks to more, or one that needs more memory.
    """
    if not data.startswith(MAGIC):
        return data
    stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_DICTIONARY_BYTES)
    try:
        found = stream.decompress(data, MAX_UNPACKED_BYTES + 1)
    except lzma.LZMAError as error:
        raise ModelError(
            f"the xz file is damaged or needs more than {MAX_DICTIONARY_BYTES} bytes to unpack ({error})"
        ) from error
    if len(found) > MAX_UNPACKED_BYTES:
        raise ModelError(f"the xz file unpacks to more than {MAX_UNPACKED_BYTES} bytes; unpack it yourself")
    if not stream.eof:
        raise ModelError("the xz file is truncated; copy it again")
    return found
