"""Files from strangers: every one of the corpus is refused or neutralised, within its time and
memory.
"""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from PIL import Image

from oversight.base import files
from oversight.base.refusals import DomainError, InvalidInput, TooLarge, Unavailable, WrongType
from tests.support import hostile

SECONDS, MEMORY = 2.0, 150 * 2**20
LARGE = 320 * 2**20  # of the largest HEIC, which its decoder unpacks as a whole
# Runs the program as it is and says at the end what it has used: processor seconds, and bytes at
# most.
MEASURED = """
import atexit, resource, runpy, sys
def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if sys.platform == "linux":  # there the figure above begins with the parent's
        most = 1024 * int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
    sys.stderr.write(f"\\n{used.ru_utime + used.ru_stime} {most}")
atexit.register(tell)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


@pytest.fixture(autouse=True)
def frugal(monkeypatch):
    """Hold every child of ours to its time and memory; the operator's scanner is his own."""
    run, used = subprocess.run, []

    def measured(command, **more):
        if "-I" not in command:
            return run(command, **more)
        done = run([*command[:-1], "-c", MEASURED, command[-1]], **more)
        used.append(done.stderr.split()[-2:])
        return done

    monkeypatch.setattr(files.subprocess, "run", measured)
    limit = {"memory": MEMORY}
    yield limit
    for seconds, most in used:
        assert float(seconds) <= SECONDS and int(most) <= limit["memory"], (seconds, most)


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_refused(name):
    file, data, why = hostile.REFUSED[name]
    with pytest.raises(DomainError) as no:
        files.clean(hostile.made(data), file)
    if isinstance(why, int):
        assert no.value.status == why and no.value.sentence.endswith("。")
    else:
        assert (no.value.status, no.value.sentence) == (422, files.NO[why])


@pytest.mark.parametrize("name", hostile.NEUTRALISED)
def test_neutralised(name):
    file, data, kind = hostile.NEUTRALISED[name]
    clean = files.clean(hostile.made(data), file)
    assert clean.kind == kind
    if kind == "application/pdf":
        return
    assert (
        hostile.PAYLOAD[:20] not in clean.data
        and b"GPS" not in clean.data
        and b"PK\x03\x04" not in clean.data
    )
    for copy, side in ((clean.data, 1600), (clean.thumb, 264)):
        image = Image.open(io.BytesIO(copy))
        assert max(image.size) <= side and image.mode == "RGB"
        assert (
            not image.getexif() and "icc_profile" not in image.info and "comment" not in image.info
        )
        assert getattr(image, "n_frames", 1) == 1 and not getattr(image, "text", None)


def test_the_corpus_has_its_size():
    assert len(hostile.REFUSED) + len(hostile.NEUTRALISED) >= 40


def test_a_photo_on_its_side_is_set_upright():
    clean = files.clean(hostile.located_photo(), "a.jpg")
    assert (clean.width, clean.height) == (480, 640)


def test_a_large_photo_is_made_smaller_and_its_proportions_stay():
    clean = files.clean(hostile.saved(Image.new("RGB", (4000, 3000)), "JPEG"), "a.jpg")
    assert (clean.width, clean.height) == (1600, 1200)


def test_the_same_colours_come_out():
    clean = files.clean(hostile.saved(Image.new("RGB", (300, 200), (200, 30, 40)), "PNG"), "a.png")
    assert Image.open(io.BytesIO(clean.data)).getpixel((150, 100)) == (200, 30, 40)
    clear = files.clean(hostile.saved(Image.new("RGBA", (300, 200), (9, 9, 9, 0)), "PNG"), "a.png")
    assert Image.open(io.BytesIO(clear.data)).getpixel((5, 5)) == (255, 255, 255), (
        "what is clear is white"
    )
    deep = files.clean(hostile.saved(Image.new("I;16", (30, 20), 0xC800), "PNG"), "a.png")
    assert Image.open(io.BytesIO(deep.data)).getpixel((5, 5)) == (200, 200, 200)


def pixel(data: bytes, name: str):
    clean = files.clean(data, name)
    assert clean.kind == ("image/png" if name.endswith("png") else "image/jpeg")
    return Image.open(io.BytesIO(clean.data)).getpixel((150, 100))


def near(found, wanted) -> bool:
    return all(abs(one - other) <= 4 for one, other in zip(found, wanted, strict=True))


WIDE, NARROW = (150, 60, 60), (163, 53, 56)  # the same red in Display P3 and in sRGB


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_the_colours_of_newer_phones_are_converted_not_dropped(kind):
    red = Image.new("RGB", (304, 208), WIDE)
    name = f"a.{kind.lower()}"
    assert near(pixel(hostile.saved(red, kind, quality=95), name), WIDE)
    wide = hostile.saved(red, kind, quality=95, icc_profile=hostile.profile())
    assert near(pixel(wide, name), NARROW)


@pytest.mark.parametrize("turn, at", [(None, (500, 60)), (6, (60, 500))])
def test_a_heic_is_upright_and_its_large_copy_is_what_is_shown(turn, at):
    image = Image.new("RGB", (640, 480), "blue")
    image.paste("red", (320, 0, 640, 240))
    exif = Image.Exif()
    if turn:
        exif[0x0112] = turn
        at = (400, 500)
    clean = files.clean(hostile.saved(image, "HEIF", exif=exif.tobytes()), "a.heic")
    assert (clean.width, clean.height) == ((480, 640) if turn else (640, 480))
    shown = Image.open(io.BytesIO(clean.data))
    assert near(shown.getpixel(at), (254, 0, 0))


def test_a_heic_of_48_million_points_is_taken(frugal):
    frugal["memory"] = LARGE
    clean = files.clean(hostile.heic((8064, 6048), "grey"), "a.heic")
    assert (clean.width, clean.height) == (1600, 1200)


def test_a_photo_of_64_million_points_is_taken(frugal):
    frugal["memory"] = LARGE
    clean = files.clean(hostile.saved(Image.new("RGB", (9248, 6936), "grey"), "JPEG"), "a.jpg")
    assert (clean.width, clean.height) == (1600, 1200)


def test_a_photo_with_more_points_than_any_phone_has_is_refused():
    with pytest.raises(InvalidInput) as no:
        files.clean(hostile.jpeg_of_size(9300, 7000), "a.jpg")
    assert no.value.sentence == files.NO["pixels"]


@pytest.mark.parametrize("name", hostile.PAPERS)
def test_a_paper_is_kept_as_it_is(name):
    assert files.clean(hostile.PAPERS[name], "a.pdf").data == hostile.PAPERS[name]


@pytest.mark.parametrize(
    "size, said",
    [
        (18 * 2**20, "这张照片有 18 MB，超过 10 MB。请重拍，或选“压缩后上传”。"),
        (10 * 2**20 + 1, "10.1 MB"),
        (None, "超过 10 MB"),
    ],
)
def test_too_large_says_how_large(size, said):
    assert said in files.too_large(size).sentence


def test_the_limit_itself_is_allowed():
    with pytest.raises(InvalidInput):
        files.clean(b"\xff\xd8\xff" + b"\0" * (files.MOST_BYTES - 3), "a.jpg")
    with pytest.raises(TooLarge):
        files.clean(b"\xff\xd8\xff" + b"\0" * (files.MOST_BYTES - 2), "a.jpg")


@pytest.mark.parametrize(
    "name, said",
    [
        ("a.docx", ".docx"),
        ("a.DOCX", ".docx"),
        ("a.jpg", "内容"),
        ("a", "内容"),
        ("a.<script>", "内容"),
    ],
)
def test_a_wrong_type_is_named(name, said):
    with pytest.raises(WrongType) as no:
        files.clean(b"nothing of the kind", name)
    assert said in no.value.sentence and "<" not in no.value.sentence


@pytest.mark.parametrize(
    "name, shown",
    [
        ("整改前.jpg", "整改前.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\照片\\a.png", "a.jpg"),
        ("a.jpg.exe", "a.jpg"),
        ("a.php", "a.jpg"),
        ("photo\u202egpj.exe", "photogpj.jpg"),
        ("", "附件.jpg"),
        (".htaccess", "附件.jpg"),
        ("...", "附件.jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie x=1.jpg"),
        ('<img src=x onerror="1">.jpg', "img src=x onerror= 1.jpg"),
        ("长" * 300 + ".jpg", "长" * 80 + ".jpg"),
        ("a\0.jpg", "a.jpg"),
        ("CON", "CON.jpg"),
        ("图 1.2 楼.jpeg", "图 1.2 楼.jpg"),
    ],
)
def test_a_name_is_only_shown_and_made_harmless(name, shown):
    assert files.shown_name(name, "image/jpeg") == shown


# Where they lie ----------------------------------------------------------------------------------


def test_files_lie_under_random_names_that_only_the_server_reads(tmp_path):
    first, second = (files.keep(tmp_path, b"x") for _ in range(2))
    assert first != second and len(first) == 40
    path = files.place(tmp_path, first)
    assert path.read_bytes() == b"x" and path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0


def test_bytes_that_were_changed_on_the_disk_are_not_given_out(tmp_path):
    stored = files.keep(tmp_path, b"evidence")
    assert files.read(tmp_path, stored, files.sha256(b"evidence")) == b"evidence"
    files.place(tmp_path, stored).write_bytes(b"Evidence")
    with pytest.raises(Unavailable, match="不一致"):
        files.read(tmp_path, stored, files.sha256(b"evidence"))
    files.drop(tmp_path, stored, None)
    with pytest.raises(Unavailable, match="取不到"):
        files.read(tmp_path, stored)


def test_a_child_that_dies_or_talks_nonsense_is_a_refusal(monkeypatch, tmp_path):
    for program in (
        "import os; os.abort()",
        "print('{}')",
        "import sys; sys.exit(3)",
        "x = bytearray(10**15)",
        "print('\\xff')",
    ):
        path = tmp_path / "child.py"
        path.write_text(program)
        monkeypatch.setattr(files.media, "__file__", str(path))
        with pytest.raises(InvalidInput, match="损坏"):
            files.clean(hostile.photo(), "a.jpg")


# The operator's scanner ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    ["raise SystemExit(1)", "import sys; sys.exit(b'virus' in sys.stdin.buffer.read())"],
    ids=["always", "by content"],
)
def test_what_the_scanner_does_not_let_pass_is_refused(code):
    scanner = [sys.executable, "-c", code]
    with pytest.raises(InvalidInput) as caught:
        files.clean(b"%PDF-1.4 virus", "x.pdf", scanner)
    assert caught.value.fields["file"] == files.NO["scanned"]


def test_a_scanner_that_is_not_there_lets_nothing_pass():
    with pytest.raises(InvalidInput) as caught:
        files.clean(b"%PDF-1.4", "x.pdf", ["/nowhere/scanner"])
    assert caught.value.fields["file"] == files.NO["scanned"]


def test_what_the_scanner_lets_pass_is_read_as_ever():
    passing = [sys.executable, "-c", "import sys; sys.stdin.buffer.read()"]
    with pytest.raises(InvalidInput) as caught:
        files.clean(b"%PDF-1.4", "x.pdf", passing)
    assert caught.value.fields["file"] == files.NO["broken"]
