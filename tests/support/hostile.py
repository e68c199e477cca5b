"""Files that mean harm, made here and now: each with the name it comes under. None is kept in the
repository.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pillow_heif
from PIL import Image
from PIL.PngImagePlugin import PngInfo

pillow_heif.register_heif_opener()  # by which tests write what the sandbox reads

PAYLOAD = b"<html><script>alert('taken over')</script><?php system($_GET['c']); ?></html>"


# Images ------------------------------------------------------------------------------------------


def picture(size=(640, 480), mode="RGB"):
    image = Image.new(mode, size, 60)
    image.paste(Image.effect_noise((size[0] // 2, size[1] // 2), 90).convert(mode), (0, 0))
    return image


def saved(image, kind: str, **more) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def photo(**more) -> bytes:
    return saved(picture(), "JPEG", **more)


def located_photo() -> bytes:
    """A photo that says where it was taken, by which phone, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "MAKER OF PHONES", "SERIAL-4711", 6
    exif[0x8825] = {1: "N", 2: (31.0, 42.0, 7.5), 3: "E", 4: (113.0, 22.0, 1.5)}
    return photo(exif=exif, comment=PAYLOAD)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, rows: bytes = b"\0" * 64) -> bytes:
    """A PNG that claims a size, whatever it holds."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(chunks)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def jpeg_of_size(width: int, height: int) -> bytes:
    """A photo whose header claims another size."""
    data = bytearray(photo())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def talking_png() -> bytes:
    info = PngInfo()
    info.add_text("XML:com.adobe.xmp", "<x:xmpmeta>GPS 31.7,113.3</x:xmpmeta>")
    info.add_text("Comment", PAYLOAD.decode(), zip=True)
    return saved(picture(), "PNG", pnginfo=info) + PAYLOAD


def animation(kind: str) -> bytes:
    frames = [Image.new("RGB", (200, 200), colour) for colour in ("red", "green", "blue")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def heic(size=(640, 480), colour=None, **more) -> bytes:
    """A photo as phones of two makers keep it: in tiles, beside a small copy of it."""
    image = picture(size) if colour is None else Image.new("RGB", size, colour)
    fast = {"preset": "ultrafast", "x265:log-level": "none"}
    return saved(image, "HEIF", grid_tile_size=512, enc_params=fast, **more)


def claiming(data: bytes, width: int, height: int) -> bytes:
    """A file of boxes whose every measure is another."""
    parts = data.split(b"ispe\0\0\0\0")
    return (b"ispe\0\0\0\0" + struct.pack(">II", width, height)).join(
        [parts[0], *(part[8:] for part in parts[1:])]
    )


def beside(data: bytes, kind: bytes) -> bytes:
    """A photo whose tiles are items of another kind."""
    return data.replace(b"hvc1\0", kind + b"\0")


# Colours as newer phones see them: primaries of Display P3, brightness by a power of 2.2.
P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))


def profile(primaries=P3) -> bytes:
    """A colour profile, version 2, of three primaries."""

    def xyz(values) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(one * 65536) for one in values))

    curve = b"curv" + struct.pack(">IIHH", 0, 1, round(2.2 * 256), 0)
    desc = b"desc" + struct.pack(">II", 0, 3) + b"P3\0" + b"\0" * 79
    tags = [(b"desc", desc), (b"cprt", b"text\0\0\0\0-\0\0\0"), (b"wtpt", xyz((0.9642, 1, 0.8249)))]
    for name, values in zip(b"rgb", primaries, strict=True):
        tags += [(b"%cXYZ" % name, xyz(values)), (b"%cTRC" % name, curve)]
    at, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags:
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I4xI", at + len(body), 0x02400000) + b"mntrRGB XYZ " + b"\0" * 12 + b"acsp"
    head += b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


# Archives and others -----------------------------------------------------------------------------


def archive(comment: bytes = b"", name: str = "Evil.class") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, PAYLOAD)
        file.comment = comment
    return out.getvalue()


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
HEIC_MARK = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


# Papers ------------------------------------------------------------------------------------------


def pdf(
    catalog: str = "",
    *objects: str | bytes,
    page: str = "",
    kids: str = "[3 0 R]",
    count: int = 1,
    trailer: str = "",
) -> bytes:
    """A paper of one page with further entries of the catalogue, further objects (from number 4)
    and a trailer.
    """
    bodies = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        f"<< /Type /Pages /Kids {kids} /Count {count} >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] {page} >>",
        *objects,
    ]
    out, starts = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        starts.append(len(out))
        out += (
            f"{number} 0 obj\n".encode()
            + (body if isinstance(body, bytes) else body.encode())
            + b"\nendobj\n"
        )
    table = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % start for start in starts)
    out += f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def stream(data: bytes, entries: str = "") -> bytes:
    packed = zlib.compress(data, 9)
    return (
        f"<< /Filter /FlateDecode /Length {len(packed)} {entries} >>\nstream\n".encode()
        + packed
        + b"\nendstream"
    )


def packed_pdf(hidden: bytes) -> bytes:
    """A paper whose catalogue and a further object lie packed in an object stream, named by a
    stream of references.
    """
    inner = b"<< /Type /Catalog /Pages 2 0 R /OpenAction 5 0 R >> " + hidden
    table = f"1 0 5 {inner.index(hidden)} ".encode()
    body, starts = bytearray(b"%PDF-1.7\n"), {}
    for number, data in (
        (2, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
        (3, b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>"),
        (4, stream(table + inner, f"/Type /ObjStm /N 2 /First {len(table)}")),
    ):
        starts[number] = len(body)
        body += b"%d 0 obj\n" % number + data + b"\nendobj\n"
    at = len(body)
    rows = [
        (0, 0, 65535),
        (2, 4, 0),
        (1, starts[2], 0),
        (1, starts[3], 0),
        (1, starts[4], 0),
        (2, 4, 1),
        (1, at, 0),
    ]
    refs = b"".join(struct.pack(">BIH", *row) for row in rows)
    body += (
        b"6 0 obj\n" + stream(refs, "/Type /XRef /W [1 4 2] /Size 7 /Root 1 0 R") + b"\nendobj\n"
    )
    return bytes(body) + b"startxref\n%d\n%%%%EOF\n" % at


def locked_pdf(user: str = "secret", way: str = "RC4-128", paper: bytes = pdf()) -> bytes:
    """A paper that is opened by a password; without one only editing it is locked."""
    import pypdf

    writer, out = pypdf.PdfWriter(clone_from=io.BytesIO(paper)), io.BytesIO()
    writer.encrypt(user, "of its owner", algorithm=way)
    writer.write(out)
    return out.getvalue()


SCRIPT = "<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
LINK = "<< /Type /Annot /Subtype /Link /A << /S /URI /URI (http://x) >> >>"
CLEAN_PDF = pdf("", LINK, page="/Annots [4 0 R]")
SCAN = (
    "/Type /XObject /Subtype /Image /Width 8 /Height 8 /BitsPerComponent 1 /ColorSpace /DeviceGray"
)


def scan(way: str) -> bytes:
    """A paper as a scanner writes it: one picture, packed its own way, which nobody unpacks here."""
    image = f"<< {SCAN} /Filter /{way} /Length 4 >>\nstream\n\0\0\0\1\nendstream"
    return pdf("", image, page="/Resources << /XObject << /S 4 0 R >> >>")


def updated(paper: bytes, number: int, body: str) -> bytes:
    """A paper with one more object behind its end, as signing and filling in leave it."""
    at = len(paper)
    before = int(paper.rpartition(b"startxref\n")[2].split()[0])
    more = f"{number} 0 obj\n{body}\nendobj\n"
    table = f"xref\n{number} 1\n{at:010d} 00000 n \n"
    ending = f"trailer\n<< /Size {number + 1} /Root 1 0 R /Prev {before} >>\nstartxref\n{at + len(more)}\n%%EOF\n"
    return paper + (more + table + ending).encode()


SIGNED = "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 9 20 9] /Contents <00> >>"
FIELD = "<< /FT /Sig /T (s) /V 5 0 R /Subtype /Widget /Rect [0 0 0 0] >>"
PAPERS = {
    "a paper with a link": CLEAN_PDF,
    "a signed paper": updated(pdf("/AcroForm << /SigFlags 3 /Fields [4 0 R] >>", FIELD), 5, SIGNED),
    "a form": pdf("/AcroForm << /Fields [4 0 R] >>", "<< /FT /Tx /T (name) /V (x) >>"),
    "a paper to be read while it comes": pdf(
        "", "<< /Linearized 1 /L 900 /H [1 2] /O 3 /E 9 /N 1 /T 99 >>"
    ),
    "a paper for the archive": pdf(
        "/Metadata 4 0 R /OutputIntents [<< /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) >>]",
        stream(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", "/Type /Metadata /Subtype /XML"),
    ),
    **{f"a scan, {way}": scan(way) for way in ("JBIG2Decode", "CCITTFaxDecode", "DCTDecode")},
}

# name: (file name, bytes or how to make them, status of the refusal or the reason for which it is
# 422)
REFUSED = {
    "nothing": ("a.jpg", b"", "empty"),
    "a page as a photo": ("a.jpg", PAYLOAD, 415),
    "a page": ("a.html", PAYLOAD, 415),
    "a drawing with a script": ("a.svg", SVG, 415),
    "a drawing as a photo": ("a.png", SVG, 415),
    "a program as a photo": ("a.jpg", b"MZ\x90\0" + b"\0" * 500, 415),
    "a shell script": ("a.jpg", b"#!/bin/sh\nid", 415),
    "an archive": ("a.zip", archive(), 415),
    "an archive as a paper": ("a.pdf", archive(), 415),
    "an office file": ("a.docx", archive(name="word/document.xml"), 415),
    "a moving picture": ("a.gif", b"GIF89a" + b"\0" * 100, 415),
    "a GIF that is a script": ("a.gif", b"GIF89a/*" + PAYLOAD, 415),
    "a film of boxes": ("a.heic", b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0" * 99, 415),
    "only the mark of a HEIC": ("a.heic", HEIC_MARK, "phone"),
    "the mark of a HEIC before nothing": ("a.heic", HEIC_MARK + b"\0" * 200, "phone"),
    "the mark of a HEIC before a page": ("a.heic", HEIC_MARK + PAYLOAD, "phone"),
    "a HEIC cut off": ("a.heic", lambda: heic()[:-4000], "phone"),
    "a HEIC of 60000 by 60000": ("a.heic", lambda: claiming(heic(), 60000, 60000), "pixels"),
    "a HEIC that says less than it is": ("a.heic", lambda: claiming(heic(), 64, 64), "phone"),
    "a HEIC of other items": ("a.heic", lambda: beside(heic(), b"iovl"), "phone"),
    "a HEIC with a second table": ("a.heic", lambda: heic() + heic(), "phone"),
    "a HEIC of uncompressed items": ("a.heic", lambda: beside(heic(), b"unci"), "phone"),
    "the mark of an AVIF before a page": (
        "a.avif",
        b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + PAYLOAD,
        "broken",
    ),
    "an AVIF cut off": ("a.avif", lambda: saved(picture(), "AVIF", speed=10)[:-4000], "broken"),
    "an AVIF of 60000 by 60000": (
        "a.avif",
        lambda: claiming(saved(picture(), "AVIF", speed=10), 60000, 60000),
        "broken",
    ),
    "a bitmap": ("a.bmp", lambda: saved(picture(), "BMP"), 415),
    "a TIFF": ("a.jpg", lambda: saved(picture(), "TIFF"), 415),
    "PostScript": ("a.pdf", b"%!PS-Adobe-3.0 EPSF", 415),
    "a paper behind a page": ("a.pdf", PAYLOAD + pdf(), 415),
    "letters of another script": ("a.jpg", "图片".encode(), 415),
    "only the mark of a photo": ("a.jpg", b"\xff\xd8\xff", "broken"),
    "the mark of a photo before a page": ("a.jpg", b"\xff\xd8\xff\xe0" + PAYLOAD, "broken"),
    "the mark of a PNG before a page": ("a.png", b"\x89PNG\r\n\x1a\n" + PAYLOAD, "broken"),
    "the mark of a WebP before a page": ("a.webp", b"RIFF\x10\0\0\0WEBP" + PAYLOAD, "broken"),
    "a photo cut off": ("a.jpg", lambda: photo()[:-4000], "broken"),
    "a PNG cut off": ("a.png", lambda: saved(picture(), "PNG")[:-4000], "broken"),
    "a PNG of 60000 by 60000": ("a.png", png(60000, 60000), "pixels"),
    "a PNG that unpacks to a gigabyte": (
        "a.png",
        lambda: png(20000, 18000, rows=b"\0" * 10_000_000),
        "pixels",
    ),
    "a photo of 65000 by 65000": ("a.jpg", lambda: jpeg_of_size(65000, 65000), "pixels"),
    "a text that unpacks to 60 MB": (
        "a.png",
        lambda: png(
            8, 8, chunk(b"zTXt", b"k\0\0" + zlib.compress(b"a" * 60_000_000, 9)), rows=b"\0" * 200
        ),
        "broken",
    ),
    "a profile that unpacks to 60 MB": (
        "a.png",
        lambda: png(
            8, 8, chunk(b"iCCP", b"k\0\0" + zlib.compress(b"a" * 60_000_000, 9)), rows=b"\0" * 200
        ),
        "broken",
    ),
    "forty million points at once": (
        "a.jpg",
        lambda: saved(Image.new("RGB", (7300, 5470)), "JPEG", progressive=True),
        "pixels",
    ),
    "too few rows": ("a.png", png(800, 800), "broken"),
    "a script on opening": ("a.pdf", pdf(f"/OpenAction {SCRIPT}"), "active"),
    "a script elsewhere": ("a.pdf", pdf("", SCRIPT), "active"),
    "a script that no table knows of": (
        "a.pdf",
        pdf("", f"<< >>\nendobj\n99 0 obj\n{SCRIPT}"),
        "active",
    ),
    "a script under an escaped name": (
        "a.pdf",
        pdf("/OpenAction << /S /J#61vaScript /J#53 (1) >>"),
        "active",
    ),
    "a script in the names": (
        "a.pdf",
        pdf("/Names << /JavaScript << /Names [(x) 4 0 R] >> >>", "<< >>"),
        "active",
    ),
    "a script packed away": ("a.pdf", lambda: packed_pdf(SCRIPT.encode()), "active"),
    "a script on leaving a page": ("a.pdf", pdf(page=f"/AA << /C {SCRIPT} >>"), "active"),
    "a program to start": ("a.pdf", pdf("/OpenAction << /S /Launch /F (cmd.exe) >>"), "active"),
    "a file inside": (
        "a.pdf",
        pdf("/Names << /EmbeddedFiles << /Names [(x) 4 0 R] >> >>", "<< /Type /Filespec >>"),
        "active",
    ),
    "a form that sends": ("a.pdf", pdf("/OpenAction << /S /SubmitForm /F (http://x) >>"), "active"),
    "another file to open": (
        "a.pdf",
        pdf("/OpenAction << /S /GoToR /F (\\\\\\\\x\\\\y) >>"),
        "active",
    ),
    "a page that tells of its opening": (
        "a.pdf",
        pdf("/OpenAction << /S /URI /URI (http://x) >>"),
        "active",
    ),
    "one that does so by another name": (
        "a.pdf",
        pdf("/OpenAction 4 0 R", "<< /S /GoTo /D [3 0 R /Fit] /Next << /S /URI /URI (x) >> >>"),
        "active",
    ),
    "a page that acts when it is shown": (
        "a.pdf",
        pdf(page="/AA << /O << /S /URI /URI (http://x) >> >>"),
        "active",
    ),
    "a form in XML": ("a.pdf", pdf("/AcroForm << /XFA 4 0 R >>", "<< >>"), "active"),
    "a film": ("a.pdf", pdf(page="/Annots [<< /Subtype /RichMedia >>]"), "active"),
    "a paper under lock": ("a.pdf", locked_pdf, "locked"),
    "a paper under a newer lock": ("a.pdf", lambda: locked_pdf(way="AES-256"), "locked"),
    "a script in a paper not to be edited": (
        "a.pdf",
        lambda: locked_pdf("", "AES-256", pdf("/OpenAction 4 0 R", SCRIPT)),
        "active",
    ),
    "a paper and an archive": ("a.pdf", pdf() + archive(), "behind"),
    "an archive that ends as a paper": ("a.pdf", pdf() + archive(comment=b"%%EOF"), "behind"),
    "a paper and a page": ("a.pdf", pdf() + PAYLOAD, "behind"),
    "a paper cut off": ("a.pdf", pdf()[:150], "broken"),
    "only the mark of a paper": ("a.pdf", b"%PDF-1.7\n%%EOF", "broken"),
    "a paper without pages": ("a.pdf", pdf(kids="[]", count=0), "pages"),
    "pages that hold themselves": ("a.pdf", pdf(kids="[2 0 R]"), "broken"),
    "ten thousand pages": ("a.pdf", pdf(kids=f"[{'3 0 R ' * 10_000}]", count=10_000), "pages"),
    "objects without end": ("a.pdf", pdf("", "[" * 50_000), "broken"),
    "objects that unpack to 200 MB": (
        "a.pdf",
        lambda: packed_pdf(b"<< >>" + b" " * 200_000_000),
        "broken",
    ),
    "eleven megabytes": ("a.jpg", b"\xff\xd8\xff" + b"\0" * (11 * 2**20), 413),
}
# name: (file name, how to make it, media type of the harmless copy)
NEUTRALISED = {
    "where it was taken": ("a.jpg", located_photo, "image/jpeg"),
    "an archive behind a photo": ("a.jpg", lambda: photo() + archive(), "image/jpeg"),
    "a page behind a photo": ("a.jpg", lambda: photo() + PAYLOAD, "image/jpeg"),
    "a page inside a photo": ("a.jpg", lambda: photo(comment=PAYLOAD), "image/jpeg"),
    "a page inside and behind a PNG": ("a.png", talking_png, "image/png"),
    "a PNG that holds more than it says": (
        "a.png",
        lambda: png(100, 100, rows=b"\0" * 30_000_000),
        "image/png",
    ),
    "a WebP with a position": (
        "a.webp",
        lambda: saved(picture(), "WEBP", exif=located_exif()),
        "image/jpeg",
    ),
    "a moving PNG": ("a.png", lambda: animation("PNG"), "image/png"),
    "a moving WebP": ("a.webp", lambda: animation("WEBP"), "image/jpeg"),
    "colours of a print shop": ("a.jpg", lambda: saved(picture(mode="CMYK"), "JPEG"), "image/jpeg"),
    "a PNG of one column": (
        "a.png",
        lambda: saved(Image.new("L", (1, 60_000)), "PNG"),
        "image/png",
    ),
    "sixteen bits": (
        "a.png",
        lambda: saved(Image.new("I;16", (300, 200), 40_000), "PNG"),
        "image/png",
    ),
    "holes": (
        "a.png",
        lambda: saved(Image.new("RGBA", (300, 200), (9, 9, 9, 0)), "PNG"),
        "image/png",
    ),
    "sixty-four million points": (
        "a.jpg",
        lambda: saved(Image.new("RGB", (9248, 6936)), "JPEG"),
        "image/jpeg",
    ),
    "twenty-four million points at once": (
        "a.jpg",
        lambda: saved(Image.new("RGB", (5700, 4250)), "JPEG", progressive=True),
        "image/jpeg",
    ),
    "where a HEIC was taken": ("a.heic", lambda: heic(exif=located_exif()), "image/jpeg"),
    "a page behind a HEIC": ("a.heic", lambda: heic() + PAYLOAD, "image/jpeg"),
    "a HEIC with a profile": ("a.heif", lambda: heic(icc_profile=profile()), "image/jpeg"),
    "where an AVIF was taken": (
        "a.avif",
        lambda: saved(picture(), "AVIF", speed=10, exif=located_exif(), icc_profile=profile()),
        "image/jpeg",
    ),
    "a page behind an AVIF": (
        "a.avif",
        lambda: saved(picture(), "AVIF", speed=10) + PAYLOAD,
        "image/jpeg",
    ),
    "a moving AVIF": ("a.avif", lambda: animation("AVIF"), "image/jpeg"),
    "a profile that is none": (
        "a.jpg",
        lambda: photo(icc_profile=profile()[:150] + b"\xff" * 5000),
        "image/jpeg",
    ),
    "a profile of other colours": (
        "a.jpg",
        lambda: saved(picture(mode="CMYK"), "JPEG", icc_profile=profile()),
        "image/jpeg",
    ),
    "a photo under the name of a program": ("a.jpg.exe", photo, "image/jpeg"),
    "a photo under the name of a paper": ("a.pdf", photo, "image/jpeg"),
    **{
        name: ("a.pdf", lambda paper=paper: paper, "application/pdf")
        for name, paper in PAPERS.items()
    },
    **{
        f"a paper not to be edited, by {way}": (
            "a.pdf",
            lambda way=way: locked_pdf("", way, CLEAN_PDF),
            "application/pdf",
        )
        for way in ("RC4-40", "RC4-128", "AES-128", "AES-256")
    },
}


def located_exif() -> bytes:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 42.0, 7.5)}
    return exif.tobytes()


def made(data) -> bytes:
    return data() if callable(data) else data
