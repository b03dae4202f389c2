#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins with: fuzz/seeds.py FOLDER makes FOLDER/TARGET/*.

They are made of the vectors, keys and samples of the gateway's tests. The people in them are
nobody.
"""

import base64
import json
import re
import struct
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
ORDER_ID = "20260101000000AAAAAAAAAAAAAAAAAAAAA"


def chunk(kind, content=b""):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(depth=8, colour=0, *before):
    header = struct.pack(">IIBBBBB", 32, 32, depth, colour, 0, 0, 0)
    chunks = [chunk(b"IHDR", header), *before, chunk(b"IDAT", bytes(8)), chunk(b"IEND")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def segment(marker, *content):
    content = b"".join(content)
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(frame=0xC0, scans=(b"\0\x3f\0",), after=b""):
    tables = [segment(0xDB, bytes(65))]
    tables += [segment(0xC4, bytes([number << 4]), b"\x01", bytes(15), b"\0") for number in (0, 1)]
    size = segment(frame, b"\x08\0\x30\0\x40\x01\x01\x11\0")
    scans = [segment(0xDA, b"\x01\x01\0", scan) + b"data\xff\0\xff\xd0more" for scan in scans]
    return b"\xff\xd8" + b"".join([*tables, size, *scans]) + b"\xff\xd9" + after


def photos():
    yield from (png(), png(1, 3, chunk(b"PLTE", bytes(6))), png(16, 6, chunk(b"tEXt", b"a\0b")))
    yield from (jpeg(), jpeg(0xC2, (b"\0\0\0", b"\x01\x3f\x02", b"\0\0\x10")))
    yield jpeg(after=b"\0\0\0\x18ftypmp42")
    for path in sorted((DATA / "photos").glob("*")):
        if path.stat().st_size < 16_000:
            yield path.read_bytes()


def field(number, content):
    content = content.encode() if isinstance(content, str) else content
    length, size = b"", len(content)
    while size > 0x7F:
        length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def message(name="李雷", number="11010519491231002X", photo=None, merchant=None, serial="20260101000001"):
    consent = ["account opening", "identity check", "terms 1.0", serial]
    parts = [
        field(1, ORDER_ID),
        field(2, field(1, name) + field(2, number)),
        field(3, photo or png()),
        field(4, b"".join(field(at, text) for at, text in enumerate(consent, 1))),
    ]
    if merchant:
        parts.append(field(5, b"".join(field(at, text) for at, text in enumerate(merchant, 1))))
    return b"".join(parts)


def messages():
    yield message()
    yield message(photo=jpeg(), merchant=["M00000000000001", "Example Shop", "5999"], serial="7")
    yield message(name=" 买买提\u30fb艾力 ", number="１１０１０５１９４９１２３１００２ｘ")
    yield message(name="Rene\u0301e \ue863", number="H12345678") + b"\x30\x01"
    yield b""


def answers():
    def body(code="00", confidence='"97"', text="Approved", rest=""):
        head = f'{{"confidence":{confidence},"msgResponse":{{"responseCode":"{code}","responseMsg":"'
        return head.encode() + (text if isinstance(text, bytes) else text.encode()) + f'"{rest}}}}}'.encode()

    yield from (body(), body(confidence="100"), body("70", '""', "no"), body("E0", "null", r"\ud800 \ud83d\ude00"))
    yield body("30", '""', "Format error", ',"errorDetail":"serialNm"')
    yield body("70", '""', "交易失败".encode("gbk"))
    yield body("05", '""', b"\x81\x5c\xff" + rb"\u0000\n\"")
    yield b"\xef\xbb\xbf" + body().replace(b"msgResponse", b"MsgResponse")
    yield body("30", '""', "x" * 120, ',"errorDetail":"' + "y" * 300 + '"')
    for vector in vectors("jws-response")["vectors"]:
        if len(vector["body"]) < 2000:
            yield vector["body"].encode()


def vectors(name):
    return json.loads((DATA / "vectors" / f"{name}.json").read_text())


def signatures():
    for vector in vectors("jws-response")["vectors"]:
        if len(vector["body"]) < 2000:
            yield f" {vector['upi_jws']}\n{vector['body']}".encode()
    yield from (b"s\0\0", b"s\0\0\x03\0\x40A", b"s\x01\x01\x02\0\x10", b"s\0\x01\x01\0\0 ")
    uuid, path = "493cba7273a2897b4e3197f259c0c566", "/example/v1/idcardphotoverification"
    # The second and third byte are the skew, from -32,767.
    for head in (b"c\0\x7f\xff", b"c\x30\x7f\xff", b"c\x0c\x80\x64", b"c\x01\x7f\xff", b"c\x20\x7f\xff"):
        yield head + f"{uuid}\n00520446\n{path}\n{{}}".encode()


def tokens():
    found = vectors("jwe")
    for vector in found["valid"] + found["invalid"]:
        yield b" " + vector["token"].encode()
    yield from (b"s\0", b"s\0\x03\0\x90A", b"s\x01\x02\0\x60", b"s\x02\0\0\x01")
    for vector in found["valid"]:
        yield b"p" + vector["plaintext"].encode()


def requests():
    members = {
        "memberIIN": "00000000",
        "memberName": "Example Bank",
        "tradeType": "ID0203",
        "encData": "@",
        "photo": base64.b64encode(png()).decode(),
        "orderID": ORDER_ID,
        "scUsageScenarios": "account opening",
        "scUsePurpose": "identity check",
        "protocolVerNm": "terms 1.0",
        "serialNm": "20260101000001",
    }
    merchant = {"merchantID": "M1", "merchantName": "Example Shop", "mcc": "5999"}
    person = {"customerNm": "李雷", "certifID": "11010519491231002X"}
    odd = [{**members, "photo": base64.b64encode(jpeg()).decode()}, {**members, "mcc": "5999"}]
    for body in [members, {**members, **merchant}, *odd, {}]:
        for inside in [person, {"customerNm": "李雷"}, {**person, "x": 1}]:
            dumped = (json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in (inside, body))
            yield "\n".join(dumped).encode()


def bare(pem):
    """The DER of the first block."""
    return base64.b64decode("".join(pem.split("-----")[2].split()))


def keys():
    for path in sorted((DATA / "vectors" / "keys").iterdir()):
        content = path.read_bytes()
        flags = b"\0\x01" if path.name.endswith((".p12", ".encrypted.pem")) else b"\0"
        for flag in flags:
            yield bytes([flag]) + content
        if path.suffix == ".pem":
            der = bare(content.decode())
            yield bytes([flags[-1]]) + der
            yield b"\0" + base64.b64encode(der)
    folder = DATA / "vectors" / "keys"
    both = [folder / "participant-signing.key.pem", folder / "participant-signing.crt.pem"]
    yield b"\0\xef\xbb\xbf" + b"\xef\xbb\xbf".join(path.read_bytes() for path in both)


def configurations():
    example = (ROOT / "idphoto.example.toml").read_text()
    lines = re.findall(r"^(?:[\[a-z].*|# [a-z_]+ = .*)$", example, flags=re.MULTILINE)
    yield "\n".join(line for line in lines if line[0] != "#").encode()
    # With the keys that have no default, which are comments there.
    whole = "\n".join(line.removeprefix("# ") for line in lines)
    yield whole.encode()
    changes = {
        'proxy = "none"': 'proxy = "http://user:word@127.0.0.1:3128"',
        "response_codes = {}": 'response_codes = { 70 = "OTHER", A1 = "NOT_PERMITTED" }',
        'free_text = "ascii"': 'free_text = "unicode"',
        '"Example Bank"': '"示例银行"',
        'timeout = "65s"': 'timeout = "1m 5s 3ms"',
        "sample_ratio = 1.0": "sample_ratio = 2.5e-1",
    }
    for old, new in changes.items():
        whole = whole.replace(old, new)
    yield whole.encode()
    yield b'[validation]\nname = "any"\nphoto_min_side = 0x20\n[upi]\nproxy = "http://u:p@127.0.0.1:1"\n'
    yield b'[[upi]]\nx = 1979-05-27\n[server.listen]\na.b = """\n1_0"""\n'
    yield b"\xef\xbb\xbfupi = { response_codes = { 70 = \"OTHER\" }, timeout = '1m 5s' }\nserver.listen = inf"


def timeouts():
    yield from (b"2H", b"3M", b"20S", b"1500m", b"7u", b"99999999n", b"123456789S", b"+5S", b"")


def forwarded():
    own = b'By=spiffe://bank.example/gateway;Hash=ab;Subject="CN=a,O=\\"b\\"";URI=spiffe://bank.example/ns/loans/sa/api'
    yield from (own, own + b"," + own, b'Subject="open', b"DNS=a.example;DNS=b.example", b"URI=spiffe://x/y,\"", b"")


TARGETS = {
    "answer": answers,
    "config": configurations,
    "forwarded": forwarded,
    "jwe": tokens,
    "jws": signatures,
    "keys": keys,
    "message": messages,
    "photo": photos,
    "sandbox": requests,
    "timeout": timeouts,
}


def main():
    for target, seeds in TARGETS.items():
        folder = Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds()):
            (folder / f"{number:03}").write_bytes(seed)


if __name__ == "__main__":
    main()
