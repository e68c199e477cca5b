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
from typing import Any

MAX_SIDE, THUMB_SIDE = 1600, 264
MAX_PIXELS = {  # by how much of a photo is held at once while it is decoded
    "JPEG": 9248 * 6936,  # not much more than is needed: phones with 64 million points
    "HEIF": 9248 * 6936,  # its planes and its colours, the rest in stripes
    "progressive": 25_000_000,
    "whole": 16_000_000,
}
SMALL_PNG = 1_000_000  # a larger one is a photo and becomes a JPEG
MAX_PAGES, MAX_OBJECTS, MAX_UNPACKED = 300, 60_000, 20_000_000
CPU_SECONDS, MEMORY = 5, 512 * 2**20
AVIF = {b"avif", b"avis"}
BRANDS = AVIF | {b"heic", b"heix", b"mif1"}  # of photos in boxes
# Of what a phone's HEIC is made; overlays, uncompressed ones and the like are for those who seek holes.
ITEMS = {b"hvc1", b"grid", b"Exif", b"mime", b"uri ", b"tmap"}
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


def brands(data: bytes) -> set[bytes]:
    """Return as what a file of boxes names itself; nothing where it is none."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 128)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}


def _image(data: bytes) -> tuple[dict, list[bytes]]:
    named = brands(data)
    found = _heic(data) if named and not named & AVIF else _decoded(data)
    came_as, profile = found.format, found.info.get("icc_profile")
    flat = _on_white(found)
    flat.thumbnail((MAX_SIDE, MAX_SIDE), reducing_gap=2.0)
    flat = _in_srgb(flat, profile)
    kind, copy = _encoded(flat, came_as)
    small = flat.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    return {"kind": kind, "width": flat.width, "height": flat.height}, [copy, _jpeg(small, 75)]


def _decoded(data: bytes):
    """Return a photo upright, a JPEG not much larger than needed. Raises Refused."""
    from PIL import AvifImagePlugin, Image, ImageOps

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS["JPEG"]
    try:
        found = Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP", "AVIF"])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("pixels") from None
    # MPO: several photos in one file, of which the first counts
    whole = found.format not in ("JPEG", "MPO")
    _measure(found.size, "whole" if whole else _coding(found))
    found.draft("RGB", (MAX_SIDE, MAX_SIDE))
    ImageOps.exif_transpose(found, in_place=True)
    return found


def _coding(jpeg) -> str:
    return "progressive" if "progressive" in jpeg.info else "JPEG"


def _measure(size: tuple[int, int], kind: str) -> None:
    """Refuse a photo of which too much would be held at once. Raises Refused."""
    if size[0] * size[1] > MAX_PIXELS[kind]:
        raise Refused("pixels")


def _heic(data: bytes):
    """Return a photo as phones of two makers keep it, upright and not much larger than needed.
    Raises Refused.
    """
    from pillow_heif import HeifFile, options

    data = _of_known_items(data)
    # Only the photo: what is embedded beside it may be another one.
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    options.DECODE_THREADS = 1
    try:
        file = HeifFile(io.BytesIO(data), convert_hdr_to_8bit=True)
        photo = file[file.primary_index]
        _measure(photo.size, "HEIF")
        photo.load()
    except (ValueError, OSError, RuntimeError, EOFError, SyntaxError):
        raise Refused("phone") from None
    return _in_stripes(photo)


def _in_stripes(photo):
    """Return a decoded photo made smaller, never held whole a second time."""
    from PIL import Image

    (width, height), mode = photo.size, photo.mode
    pixels: Any = memoryview(photo.data)
    by = max(max(width, height) // MAX_SIDE, 1)
    found = Image.new(mode, (-(-width // by), -(-height // by)))
    for top in range(0, height, 64 * by):
        rows = min(64 * by, height - top)
        lines = pixels[top * photo.stride : (top + rows) * photo.stride]
        stripe = Image.frombuffer(mode, (width, rows), lines, "raw", mode, photo.stride, 1)
        found.paste(stripe.reduce(by), (0, top // by))
    found.info = {"icc_profile": photo.info.get("icc_profile")}
    return found


def _of_known_items(data: bytes) -> bytes:
    """Return a file of boxes without what stands behind them. Raises Refused where it says that it
    is made of other items than photos are.
    """
    boxes: list[tuple[bytes, int, int]] = []
    with suppress(Refused):
        for box in _boxes(data, 0, len(data)):
            boxes.append(box)
    tables = [_items(data, start + 4, end) for kind, start, end in boxes if kind == b"meta"]
    if len(tables) != 1 or not tables[0] <= ITEMS or b"moov" in [kind for kind, *_place in boxes]:
        raise Refused("phone")
    return data[: boxes[-1][2]]


def _items(data: bytes, start: int, end: int) -> set[bytes]:
    """Return the kinds of items that the table of a file of boxes lists. Raises Refused."""
    found = set()
    for table, first, last in _boxes(data, start, end):
        if table == b"iinf":
            found |= {_kind(data, at) for at in _entries(data, first, last)}
    return found


def _entries(data: bytes, first: int, last: int) -> list[int]:
    begin = first + (8 if data[first] else 6)
    return [at for _infe, at, _end in _boxes(data, begin, last)]


def _kind(data: bytes, at: int) -> bytes:
    place = at + (10 if data[at] > 2 else 8)
    return data[place : place + 4]


def _boxes(data: bytes, at: int, end: int):
    """Yield the boxes of a stretch: kind, and where its content begins and ends. Raises Refused."""
    while at < end:
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = size or end - at  # 0: to the end
        if size < head or at + size > end:
            raise Refused("phone")
        yield kind, at + head, at + size
        at += size


def _on_white(image):
    """Return the pixels alone: no text, no position travels with them."""
    from PIL import Image

    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        flat = image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB")
        flat.info = {}
        return flat
    clear = image.convert("RGBA")
    flat = Image.new("RGB", image.size, "white")
    flat.paste(clear, mask=clear)
    return flat


def _in_srgb(flat, profile: bytes | None):
    """Return colours as every screen takes them, without a profile; one that fits no such pixels
    counts for nothing.
    """
    from PIL import ImageCms

    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            shown = ImageCms.createProfile("sRGB")
            flat = ImageCms.profileToProfile(flat, own, shown, outputMode="RGB")
    flat = flat if flat.mode == "RGB" else flat.convert("RGB")
    flat.info = {}
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
    if reader.is_encrypted and not reader.decrypt(""):  # its owner's password locks editing only
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
