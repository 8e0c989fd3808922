"""Bytes of a file -> the bytes of its text: gzip and UTF-16 undone, binary data refused."""

from __future__ import annotations

import zlib

from coo.core.errors import InputError

MAX_RATIO = 250
"""Unpacked bytes for one packed byte, of gzip data over 1 MiB; logs pack about 10 to 40 times."""


def decode(data: bytes, name: str, max_bytes: int) -> tuple[bytes, bool]:
    """Give the text of an input as UTF-8 bytes (perhaps not valid), and whether it was cut at `max_bytes`.

    Undoes gzip and UTF-16. Raises `InputError` for something that is not text.
    """
    cut = False
    if data[:2] == b"\x1f\x8b":
        data, cut = _gunzip(data, name, max_bytes)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    elif (codec := _bare_utf16(data)) is not None:
        data = data.decode(codec, "replace").encode("utf-8", "replace")
    _refuse_binary(data, name)
    return data, cut


def _gunzip(data: bytes, name: str, max_bytes: int) -> tuple[bytes, bool]:
    out, rest, total = [], data, 0
    ceiling = max(MAX_RATIO * len(data), 1 << 20)
    max_bytes, capped = min(max_bytes, ceiling), ceiling < max_bytes
    try:
        while rest and total < max_bytes:
            unzip = zlib.decompressobj(wbits=31)
            piece = unzip.decompress(rest, max_bytes - total)
            total += len(piece)
            out.append(piece)
            if not unzip.eof:
                if unzip.unconsumed_tail and capped:
                    told = f"{name}: unpacks to more than {MAX_RATIO} times its size"
                    raise InputError("gzip-bomb", told, "this is not a log; unpack it yourself if it is")
                if unzip.unconsumed_tail:
                    return b"".join(out), True
                raise InputError(
                    "truncated-gzip", f"{name}: the gzip data ends early", "download or copy the file again"
                )
            rest = unzip.unused_data
    except zlib.error as error:
        raise InputError("broken-gzip", f"{name}: not valid gzip data ({error})", "download it again") from None
    return b"".join(out), bool(rest)


def _bare_utf16(data: bytes) -> str | None:
    """UTF-16 without a BOM: in mostly Latin text every other byte is NUL."""
    sample = data[:4096]
    if len(sample) < 16:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


_CONTROL = bytes(set(range(32)) - {7, 8, 9, 10, 12, 13, 27})
_MAGIC = {
    b"\x7fELF": "an executable", b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"%PDF": "a PDF",
    b"BZh": "bzip2 data", b"\xfd7zX": "xz data", b"(\xb5/\xfd": "zstd data", b"7z\xbc\xaf": "a 7z archive",
}  # fmt: skip


def _refuse_binary(data: bytes, name: str) -> None:
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise InputError("binary-input", f"{name}: this is {what}, not a log", "give the text of a log")
    sample = data[:8192]
    if len(sample) >= 32 and len(sample) - len(sample.translate(None, _CONTROL)) > 0.03 * len(sample):
        raise InputError("binary-input", f"{name}: this is binary data, not a log", "give the text of a log")
