"""A separate program: reads one file that a stranger sent and answers with a sanitized copy, or
with the name of a refusal.

Runs as a child with little time and memory. Imports nothing of the package, so that a flaw in a
decoder finds nothing.
"""

from __future__ import annotations

import io
import json
import re
import sys
import warnings
import zipfile
from contextlib import suppress

MAX_SIDE, THUMB_SIDE = 1600, 264
MAX_PIXELS = 64_000_000
MAX_PIXELS_WHOLE = 16_000_000  # of formats that are decoded at full size
MAX_PIXELS_PROGRESSIVE = (
    25_000_000  # of photos that are kept whole in memory while they are decoded
)
SMALL_PNG = 1_000_000  # a larger one is a photo and becomes a JPEG
MAX_PAGES, MAX_OBJECTS, MAX_UNPACKED = 300, 60_000, 20_000_000
CPU_SECONDS, MEMORY = 5, 512 * 2**20
# What a paper has no use for: keys or names under which a PDF runs, starts, sends or carries
# something.
FORBIDDEN = frozenset(
    {
        "/AA",  # what pages and fields do by themselves
        "/JS",
        "/JavaScript",
        "/Launch",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/EF",
        "/RichMedia",
        "/RichMediaContent",
        "/RichMediaExecute",
        "/XFA",
        "/SubmitForm",
        "/ImportData",
        "/GoToR",
        "/GoToE",
        "/Movie",
        "/Sound",
        "/Rendition",
        "/3D",
        "/FileAttachment",
    }
)
IN_THE_RAW = re.compile(
    rb"/(JavaScript|JS(?=[\s(<])|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)\b"
)


class Refused(Exception):
    """A refusal by name; the caller has the sentence."""


def look(data: bytes) -> tuple[dict, list[bytes]]:
    """Return what a file is and its harmless bytes: the copy, and for an image a small one. Raises
    Refused.
    """
    return _pdf(data) if data.startswith(b"%PDF-") else _image(data)


def _image(data: bytes) -> tuple[dict, list[bytes]]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        found = Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("pixels") from None
    whole = found.format not in (
        "JPEG",
        "MPO",
    )  # MPO: several photos in one file, of which the first counts
    most = (
        MAX_PIXELS_WHOLE
        if whole
        else MAX_PIXELS_PROGRESSIVE
        if "progressive" in found.info
        else MAX_PIXELS
    )
    if found.width * found.height > most:
        raise Refused("pixels")
    found.draft("RGB", (MAX_SIDE, MAX_SIDE))  # a JPEG is decoded not much larger than needed
    ImageOps.exif_transpose(found, in_place=True)
    flat = _on_white(found)
    flat.thumbnail((MAX_SIDE, MAX_SIDE), reducing_gap=2.0)
    kind, copy = _encoded(flat, found.format)
    small = flat.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    return {"kind": kind, "width": flat.width, "height": flat.height}, [copy, _jpeg(small, 75)]


def _on_white(image):
    """Return the pixels alone, as RGB: no profile, no text, no position travels with them."""
    from PIL import Image

    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        flat = image if image.mode == "RGB" else image.convert("RGB")
        flat.info = {}
        return flat
    clear = image.convert("RGBA")
    flat = Image.new("RGB", image.size, "white")
    flat.paste(clear, mask=clear)
    return flat


def _encoded(flat, came_as: str) -> tuple[str, bytes]:
    if came_as == "PNG":
        out = io.BytesIO()
        flat.save(out, "PNG")
        if out.tell() <= SMALL_PNG:
            return "image/png", out.getvalue()
    return "image/jpeg", _jpeg(flat, 85)


def _jpeg(flat, quality: int) -> bytes:
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _pdf(data: bytes) -> tuple[dict, list[bytes]]:
    _nothing_behind(data)
    if IN_THE_RAW.search(_unescaped(data)):
        raise Refused("active")
    reader = _reader(data)
    if reader.is_encrypted:
        raise Refused("locked")
    if not 1 <= len(reader.pages) <= MAX_PAGES:
        raise Refused("pages")
    for value in _objects(reader):
        if _active(value):
            raise Refused("active")
    return {"kind": "application/pdf", "width": None, "height": None}, [data]


def _nothing_behind(data: bytes) -> None:
    """Refuse a file with a second one appended, or an archive laid over it. Raises Refused."""
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise Refused("broken")
    if data[end + 5 :].strip(b"\0 \t\r\n") or zipfile.is_zipfile(io.BytesIO(data)):
        raise Refused("behind")


def _unescaped(data: bytes) -> bytes:
    """Write names without their #xx, in which a forbidden one may hide."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), data)


def _reader(data: bytes):
    import pypdf

    pypdf.overwrite_configuration(
        zlib_maximum_output_length=MAX_UNPACKED,
        lzw_maximum_output_length=MAX_UNPACKED,
        run_length_maximum_output_length=MAX_UNPACKED,
        stream_decoding_work_maximum_length=2 * MAX_UNPACKED,
    )
    return pypdf.PdfReader(io.BytesIO(data), strict=False, xref_stream_maximum_entries=MAX_OBJECTS)


def _objects(reader):
    """Yield the trailer and every object of the file, also those that no page leads to.

    Raises Refused.
    """
    from pypdf.generic import IndirectObject

    known = {
        (number, generation) for generation, numbers in reader.xref.items() for number in numbers
    }
    known |= {(number, 0) for number in reader.xref_objStm}
    if len(known) > MAX_OBJECTS:
        raise Refused("pages")
    yield reader.trailer
    for number, generation in sorted(known):
        yield reader.get_object(IndirectObject(number, generation, reader))


def _active(value) -> bool:
    """Tell whether a forbidden name stands anywhere in an object; what it refers to is looked at by
    itself.
    """
    heap = [value]
    while heap:
        found = heap.pop()
        if isinstance(found, dict):
            if _opens_by_itself(found):
                return True
            heap += [*found.keys(), *(dict.__getitem__(found, key) for key in found)]
        elif isinstance(found, list):
            heap += list.__iter__(found)
        elif isinstance(found, str) and found in FORBIDDEN:
            return True
    return False


def _opens_by_itself(catalog: dict) -> bool:
    """Tell whether a reader would do more on opening the file than turn to one of its pages."""
    action = dict.get(catalog, "/OpenAction")
    action = action if action is None else action.get_object()
    return isinstance(action, dict) and (action.get("/S") != "/GoTo" or "/Next" in action)


def _confine() -> None:
    """Limit CPU time, memory and open files. Limits that the system does not know are left out."""
    import resource

    for limit, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


def main() -> None:
    """Read a file from standard input; write one line of JSON and then the bytes that it counts."""
    _confine()
    warnings.simplefilter("ignore")
    try:
        about, parts = look(sys.stdin.buffer.read())
    except Refused as refusal:
        about, parts = {"no": refusal.args[0]}, []
    line = json.dumps({**about, "sizes": [len(part) for part in parts]})
    sys.stdout.buffer.write(line.encode() + b"\n" + b"".join(parts))


if __name__ == "__main__":
    main()
