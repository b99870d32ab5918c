"""Files as nobody should write them: valid ones with bytes changed, and wrong from the start."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import tarfile
from collections.abc import Sequence

from hypothesis import strategies as st

from tests.imagenet import SYNSETS, encoded, pixels

JPEG = encoded(pixels(0, 0))
#: Numbers at the edges of what fields hold.
EDGES = (0, 1, -1, 511, 512, 2**16, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**70)
_NAMES = (
    *("n01440764/a.jpg", "n01440764/b.JPEG", "n01443537/c.jpg", "00001.jpg", "00001.cls"),
    *("00001.json", "00002.x.jpg", "00002.y.cls", "/etc/passwd", "../../etc/passwd", "a/../b.jpg"),
    *("", ".", "/", "./", "n01440764/", "n01440764/\n.jpg", "n01440764/\x1b[2J.jpg", "a\udcff.jpg"),
    *("x" * 300 + ".jpg", "n01440764/.hidden.jpg", ".jpg", "a.b.c.jpg", "٣.cls", "n01440764.jpg"),
)
_CONTENTS = (
    *(b"", b"0", b"-1", b"999", b"n01440764", b"1" * 5000, b"\xff\xfe", b"a\nb", "²".encode()),
    *(b'{"label": 3}', b'{"label": 1e999}', b'{"label": NaN}', b'{"label": [1]}', b"[" * 100_000),
    *(b'{"label": 99999999999999999999}', b'{"label": "\\ud800"}', b'{"filename": {"a": 1}}', JPEG),
    b'{"label": "n01440764\\n", "filename": "../../ILSVRC2012_val_00000001.JPEG"}',
)
_KINDS = (b"0", b"0", b"0", b"1", b"2", b"3", b"5", b"6", b"7", b"S", b"x", b"g", b"L", b"K", b"V")


@st.composite
def edited(draw: st.DrawFn, valid: bytes) -> bytes:
    """A valid file with a few bytes changed, put in, taken out or doubled, or its end cut off."""
    data = bytearray(valid)
    for _ in range(draw(st.integers(1, 4))):
        size = len(data)
        near = [st.integers(0, size), st.integers(0, min(size, 600)), st.integers(0, min(size, 48))]
        at = draw(st.one_of(*near, st.integers(max(0, size - 600), size)))
        match draw(st.sampled_from(("flip", "set", "insert", "delete", "double", "cut"))):
            case "flip" if at < size:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "set":
                new = draw(st.one_of(st.binary(min_size=1, max_size=8), _numbers()))
                data[at : at + len(new)] = new
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=40))
            case "delete":
                del data[at : at + draw(st.integers(1, 600))]
            case "double":
                data[at:at] = data[at : at + draw(st.integers(1, 600))]
            case "cut":
                del data[at:]
    return bytes(data)


def corrupted(valid: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Any bytes, or one of the valid files with edits; sometimes as it is, or compressed."""
    files = st.sampled_from(list(valid))
    return st.one_of(
        files.flatmap(edited),
        files.flatmap(edited),
        files.flatmap(edited),
        st.binary(max_size=600),
        files,
        files.map(lambda data: gzip.compress(data, mtime=0)),
    )


def _numbers() -> st.SearchStrategy[bytes]:
    return st.sampled_from(EDGES).map(lambda n: struct.pack("<Q", n % 2**64))


@st.composite
def tars(draw: st.DrawFn) -> bytes:
    """Headers of every kind with any name, size and link, and right checksums."""
    file = io.BytesIO()
    for _ in range(draw(st.integers(1, 6))):
        content = draw(st.sampled_from(_CONTENTS))
        kind = draw(st.sampled_from(_KINDS))
        if kind in b"xg":
            content = draw(_records())
        size = draw(st.one_of(st.just(len(content)), st.sampled_from(EDGES)))
        name, link = draw(st.sampled_from(_NAMES)), draw(st.sampled_from(_NAMES))
        file.write(header(name, link, kind, size, draw(st.integers(0, 50)) == 7))
        file.write(content.ljust(-(-len(content) // 512) * 512, b"\0"))
    return file.getvalue() + bytes(draw(st.sampled_from((1024, 1024, 0, 512, 10))))


def header(name: str, link: str, kind: bytes, size: int, holes: bool) -> bytes:
    """A block with a checksum; sizes that octal digits do not hold are in base 256."""
    octal = b"%011o\0" % size if 0 <= size < 8**11 else None
    field = octal or b"\x80\xff"[size < 0 :][:1] + (size % 2**88).to_bytes(11, "big")
    block = bytearray(512)
    block[0:100] = name.encode(errors="surrogateescape")[:100].ljust(100, b"\0")
    block[100:124] = b"0000644\0" * 3
    block[124:136] = field
    block[136:148] = b"00000000000\0"
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[157:257] = link.encode(errors="surrogateescape")[:100].ljust(100, b"\0")
    block[257:265] = b"ustar  \0" if holes or kind in b"SLK" else b"ustar\x0000"
    if kind == b"S":
        block[386:410] = b"%011o\0" % 0 + b"%011o\0" % 512
        block[482] = holes
        block[483:495] = field
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@st.composite
def _records(draw: st.DrawFn) -> bytes:
    """Records of a pax header: its own length, a key, a value."""
    keys: tuple[str, ...] = (
        "path",
        "linkpath",
        "size",
        "mtime",
        "uid",
        "hdrcharset",
        "GNU.sparse.map",
    )
    keys += ("GNU.sparse.major", "GNU.sparse.minor", "GNU.sparse.size", "GNU.sparse.realsize")
    numbers = st.sampled_from(EDGES).map(str)
    values = st.one_of(numbers, st.sampled_from(_NAMES), st.text(max_size=8), st.just("0,1,2"))
    found = b""
    for _ in range(draw(st.integers(1, 4))):
        key, value = draw(st.sampled_from(keys)), draw(values)
        text = f" {key}={value}\n".encode(errors="surrogateescape")
        length = len(text) + len(str(len(text)))
        length += draw(st.sampled_from((0, 0, 0, 1, -3, 10**9)))
        found += str(length).encode() + text
    return found


@st.composite
def safetensors(draw: st.DrawFn) -> bytes:
    """A header of any length, whose tensors have any type, shape and place."""
    number: st.SearchStrategy[object] = st.sampled_from((*EDGES, 12, 24, 36, "a", None, [], 1.5))
    tensor = st.fixed_dictionaries(
        {
            "dtype": st.sampled_from(
                ("F32", "F64", "F16", "BF16", "I64", "BOOL", "F8_E5M2", "?", 3)
            ),
            "shape": st.lists(st.sampled_from((*EDGES, 2, 3)), max_size=4),
            "data_offsets": st.lists(number, max_size=3),
        }
    )
    right = {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}
    bias = {"dtype": "F32", "shape": [3], "data_offsets": [24, 36]}
    header = {
        "weight": draw(st.one_of(st.just(right), tensor)),
        "bias": draw(st.one_of(st.just(bias), tensor, st.none())),
        **draw(st.dictionaries(st.text(max_size=9), tensor, max_size=2)),
    }
    text = json.dumps(header).encode()
    text = draw(st.sampled_from((text, text, b"[" * 100_000, b"{", text * 2)))
    length = draw(st.one_of(st.just(len(text)), st.sampled_from(EDGES)))
    return struct.pack("<Q", length % 2**64) + text + bytes(draw(st.sampled_from((36, 36, 0, 7))))


class Touches:
    """A pickle of it writes a file when it is opened."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")


def pickles() -> st.SearchStrategy[bytes]:
    """Pickles of plain things and of code that would write a file."""
    leaf = st.one_of(st.none(), st.integers(), st.text(max_size=5), st.binary(max_size=5))
    code = st.just(Touches("ran.txt"))
    thing = st.recursive(
        st.one_of(leaf, code), lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=3)
    )
    return st.builds(pickle.dumps, thing, protocol=st.integers(0, 5))


def tables() -> st.SearchStrategy[bytes]:
    """Text that looks like a table in some way."""
    token = st.sampled_from(
        (
            *",;|\t\n\r\"'# \0\ufeff\x85\u2028",
            "\r\n",
            "sep=;",
            "a",
            "b",
            "1,5",
            "1.5",
            '""',
            "#a",
            "é",
        )
    )
    text = st.lists(token, max_size=40).map("".join)
    coding = st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "latin-1"))
    return st.builds(lambda text, coding: text.encode(coding, "replace"), text, coding)


@st.composite
def jsonl(draw: st.DrawFn, valid: bytes) -> bytes:
    """An exported store with some values replaced."""
    lines = valid.splitlines(keepends=True)
    values: tuple[object, ...] = (
        *EDGES,
        1e308,
        -1e308,
        "",
        "nan",
        "\0",
        "a\nb",
        True,
        None,
        [],
        {},
        [[]],
        "2026-01-01",
    )
    junk = st.one_of(st.sampled_from(values), st.text(max_size=5), st.just([{"metric": "x"}]))
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.integers(0, len(lines) - 1))
        thing = json.loads(lines[number])
        inner = thing
        while isinstance(inner, dict) and inner:
            key = draw(st.sampled_from(sorted(inner)))
            if not isinstance(inner[key], dict) or draw(st.integers(0, 3)) == 0:
                inner[key] = draw(junk)
                break
            inner = inner[key]
        lines[number] = json.dumps(thing).encode() + b"\n"
    return b"".join(lines)


def named(kind: str) -> tuple[bytes, ...]:
    """Whole tars to begin from: class folders, samples, and every form of header."""
    forms = {"gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT, "ustar": tarfile.USTAR_FORMAT}
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=forms[kind]) as tar:
        for number, synset in enumerate(SYNSETS[:2]):
            long = "/".join(["d" * 40] * 4) + "/" if kind != "ustar" else ""
            for name, data in ((f"{long}{synset}/{number}.jpg", JPEG), ("notes.txt", b"x")):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
            link = tarfile.TarInfo(f"{synset}/link{number}.jpg")
            link.type, link.linkname = tarfile.SYMTYPE, f"{number}.jpg"
            tar.addfile(link)
    samples = io.BytesIO()
    with tarfile.open(fileobj=samples, mode="w", format=forms[kind]) as tar:
        for name, data in (
            ("0.jpg", JPEG),
            ("0.cls", b"3"),
            ("1.jpg", JPEG),
            ("1.json", b'{"label": 4}'),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return file.getvalue(), samples.getvalue()
