#!/usr/bin/env python3
"""Makes the photos again: photos.py DIR. Needs Pillow and scikit-image from PyPI.

The person is Eileen Collins, in the public-domain NASA portrait that scikit-image carries as `data.astronaut()`.
Encoders differ by version in single bytes, so the files of the repository stay; what the tests need of each is said here.
"""
import base64
import io
import struct
import sys
import zlib
from pathlib import Path

from PIL import Image
from skimage import data

LIMIT = 153_600  # bytes: the largest photo that UPI takes
COMMENT = 65_533  # bytes: the longest text of one JPEG comment segment
PORTRAIT = Image.fromarray(data.astronaut())
FACE = PORTRAIT.crop((96, 0, 352, 256))


def encoded(image, form, **settings):
    stream = io.BytesIO()
    image.save(stream, form, **settings)
    return stream.getvalue()


def of_size(jpeg, size):
    """A valid JPEG of exactly that many bytes: comment segments behind the start of image fill it up."""
    missing, comments = size - len(jpeg), b""
    while missing:
        text = min(missing - 4, COMMENT)
        comments += b"\xff\xfe" + struct.pack(">H", text + 2) + b" " * text
        missing -= text + 4
    return jpeg[:2] + comments + jpeg[2:]


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(side):
    """Some hundred kilobytes that inflate to side times side pixels."""
    rows = zlib.compressobj(9)
    black = b"\0" * (1 + (side + 7) // 8)
    pixels = b"".join(rows.compress(black) for _ in range(side)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def changed(content, at):
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1:]


def titled(png, damage=0):
    """The same with a text behind its header, whose CRC is wrong by so much."""
    text = bytearray(chunk(b"tEXt", b"Title\0Sample"))
    text[-1] ^= damage
    after_header = 8 + 25
    return png[:after_header] + bytes(text) + png[after_header:]


def rotated():
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn right
    return encoded(FACE, "JPEG", quality=88, exif=exif)


def photos():
    portrait = encoded(PORTRAIT, "JPEG", quality=85)
    face, png = encoded(FACE, "JPEG", quality=88), encoded(FACE.resize((224, 224)), "PNG")
    yield "portrait-512.jpg", portrait
    yield "portrait-512-progressive.jpg", encoded(PORTRAIT, "JPEG", quality=85, progressive=True)
    yield "face-256.jpg", face
    yield "face-256.png", png
    yield "face-cmyk.jpg", encoded(FACE.convert("CMYK"), "JPEG", quality=88)
    yield "face-grey.jpg", encoded(FACE.convert("L"), "JPEG", quality=88)
    yield "face-exif-rotated.jpg", rotated()
    yield "limit-153600.jpg", of_size(portrait, LIMIT)
    yield "over-limit-153601.jpg", of_size(portrait, LIMIT + 1)
    yield "phone-16mp.jpg", encoded(FACE.resize((3000, 4000)), "JPEG", quality=80)
    yield "bad-truncated.jpg", portrait[: len(portrait) // 2]
    yield "bad-crc.png", changed(png, len(png) // 2)
    yield "bad-crc-in-text.png", titled(png, damage=1)
    yield "bad-newline-after-end.png", png + b"\n"
    yield "bad-base64-text.jpg", base64.b64encode(face)
    yield "bad-bomb-30000x30000.png", bomb(30_000)
    yield "bad-magic-only.jpg", b"\xff\xd8\xff\xe0" + b"not a jpeg at all" * 8
    yield "bad-png-signature-only.png", b"\x89PNG\r\n\x1a\n"
    yield "bad-html.jpg", b"<!doctype html><html><body>504 Gateway Time-out</body></html>"
    yield "bad-gif.png", encoded(FACE, "GIF")
    yield "bad-bmp.png", encoded(FACE.resize((64, 64)), "BMP")
    yield "bad-webp.jpg", encoded(FACE, "WEBP")


if __name__ == "__main__":
    for name, content in photos():
        Path(sys.argv[1], name).write_bytes(content)
