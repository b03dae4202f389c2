#!/usr/bin/env python3
"""Makes the JOSE vectors: vectors.py DIR, where DIR/keys holds the keys that keys.sh makes.

Needs cryptography and jwcrypto from PyPI. Signatures (RS256) come out the same each time; the encrypted tokens are
random, so a second run changes jwe.json.
"""
import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from jwcrypto import jwe, jwk

from jose import b64u, compact, detached, jwe_of_ascii_keys, unencoded

OUT = Path(sys.argv[1])
NOW = 1_790_000_000
OUR_KID, UPI_KID, ENCRYPTION_KID = "1555570302", "1560936206326", "1560935656467"
APP_ID = "00520446"
REQUEST_PATH = "/example/v1/idcardphotoverification"


def read(name):
    return (OUT / "keys" / name).read_bytes()


def private(name):
    return serialization.load_pem_private_key(read(f"{name}.key.pem"), None)


def uuid(label):
    return hashlib.sha256(f"open-{label}".encode()).hexdigest()[:32]


def header(kid, label, at, path=None, alg="RS256", **more):
    critical = ["UPI-UUID", "UPI-TIMESTAMP", "UPI-APPID"] + (["UPI-REQPATH"] if path else [])
    members = {"alg": alg, "kid": kid, "crit": critical,
               "UPI-UUID": uuid(label), "UPI-TIMESTAMP": str(at), "UPI-APPID": APP_ID}
    return {**members, **({"UPI-REQPATH": path} if path else {}), **more}


def write(name, content):
    (OUT / name).write_text(json.dumps(content, ensure_ascii=False, indent=1))


def requests(signer):
    """What the gateway must send for a body and a header, byte for byte."""
    photo = base64.b64encode(hashlib.shake_256(b"open").digest(153600)).decode()
    bodies = {
        "small": compact({"memberIIN": APP_ID, "tradeType": "ID0203", "orderID": "O" * 35}),
        "chinese": compact({"memberName": "示例银行", "responseMsg": "成功 — ok"}),
        "escapes": r'{"a":"quote \" back \\ slash \/ tab \t nul \u0000","photo":"/9j/4AAQSkZJRg+/=="}',
        "dots": '{"v":"a.b..c.d"}',
        "empty": "",
        "length-mod-3-is-1": '{"n":1}',
        "length-mod-3-is-2": '{"n":12}',
        "big": compact({"photo": photo}),
    }
    vectors = []
    for i, (name, body) in enumerate(bodies.items()):
        protected = compact(header(OUR_KID, i, NOW + i, REQUEST_PATH))
        vector = {"name": name, "body": body}
        if name == "big":
            vector = {"name": name, "body": None,
                      "body_is": "{\"photo\":\"<standard base64 of the first 153600 bytes of SHAKE-256 of the ASCII "
                                 "text 'open'>\"}",
                      "body_sha256": hashlib.sha256(body.encode()).hexdigest()}
        vectors.append({**vector, "protected_header": protected, "upi_jws": detached(signer, protected, body.encode())})
    about = ("RS256 over base64url(protected_header) + '.' + base64url(body), key participant-signing; the payload part "
             "is left out of the header value")
    return {"about": about, "kid": OUR_KID, "app_id": APP_ID, "request_path": REQUEST_PATH, "vectors": vectors}


def confused(body):
    """The public key as the secret of an HMAC: whoever lets the header pick the algorithm takes it for good."""
    first = b64u(compact(header(UPI_KID, "r", NOW, alg="HS256")).encode())
    mac = hmac.new(read("upi-signing.pub.pem"), f"{first}.{b64u(body.encode())}".encode(), hashlib.sha256)
    return f"{first}..{b64u(mac.digest())}"


def resp(name, body, jws, accept, why):
    return {"name": name, "accept": accept, "why": why, "now": NOW, "body": body, "upi_jws": jws}


def responses(part, upi, stranger):
    """What must be accepted and refused at the clock NOW with a window of 300 s."""
    ok_body = compact({"confidence": "97", "msgResponse": {"responseCode": "00", "responseMsg": "Approved"}})
    now, UK, PATH = NOW, UPI_KID, REQUEST_PATH

    def H(ts=NOW, path=None, **more):
        return header(UPI_KID, "r", ts, path, **more)

    def S(protected, body=ok_body, key=upi):
        return detached(key, protected if isinstance(protected, str) else compact(protected), body.encode())

    good = S(H())
    h0, s0 = good.split("..")
    vectors = [
    resp("plain", ok_body, good, True, "three critical members, no UPI-REQPATH, as the gateway sends it"),
    resp("with-request-path", ok_body, S(H(path=PATH)), True, "UPI-REQPATH present and equal to the request's"),
    resp("spaces-in-header-json", ok_body, S(json.dumps(H())), True, "JSON white space in the protected header"),
    resp("members-in-other-order", ok_body, S(compact(dict(sorted(H().items())))), True, "member order carries no meaning"),
    resp("extra-noncritical-member", ok_body, S(H(**{"typ": "JOSE", "x-new": "1"})), True, "unknown members that are not in crit are ignored"),
    resp("numeric-confidence", '{"confidence":97,"msgResponse":{"responseCode":"00","responseMsg":"Approved"},"newMember":{"a":[1]}}',
         S(H(), '{"confidence":97,"msgResponse":{"responseCode":"00","responseMsg":"Approved"},"newMember":{"a":[1]}}'), True, "unknown body members are ignored"),
    resp("oldest-allowed", ok_body, S(H(ts=now - 300)), True, "300 s old"),
    resp("newest-allowed", ok_body, S(H(ts=now + 300)), True, "300 s ahead"),
    resp("surrounding-white-space", ok_body, " " + good + "\r\n", True, "outer white space of the header value"),
    resp("tampered-body", ok_body.replace("97", "99"), good, False, "one digit changed"),
    resp("reformatted-body", ok_body.replace(":", ": "), good, False, "the same JSON value in other bytes"),
    resp("too-old", ok_body, S(H(ts=now - 301)), False, "301 s old"),
    resp("too-new", ok_body, S(H(ts=now + 301)), False, "301 s ahead"),
    resp("stranger-signed", ok_body, S(H(), ok_body, stranger), False, "signed with another key under the gateway's kid"),
    resp("participant-signed", ok_body, S(H(), ok_body, part), False, "our own key: a reflected request"),
    resp("unknown-kid", ok_body, detached(upi, compact({**H(), "kid": "999"}), ok_body.encode()), False, "no such key"),
    resp("missing-kid", ok_body, S({k: v for k, v in H().items() if k != "kid"}), False, "kid is mandatory"),
    resp("numeric-kid", ok_body, S({**H(), "kid": int(UK)}), False, "kid must be a string"),
    resp("alg-none", ok_body, b64u(compact(H(alg="none")).encode()) + "..", False, "unsigned"),
    resp("alg-none-with-signature", ok_body, S(H(alg="none")), False, "alg none"),
    resp("alg-hs256-public-key-as-secret", ok_body, confused(ok_body), False, "key confusion"),
    resp("alg-rs512-label", ok_body, S(H(alg="RS512")), False, "only RS256"),
    resp("unknown-critical", ok_body, S({**H(), "crit": H()["crit"] + ["x-new"], "x-new": "1"}), False, "a critical name that is not understood"),
    resp("critical-but-absent", ok_body, S({k: v for k, v in H().items() if k != "UPI-UUID"}), False, "crit names a member that is missing"),
    resp("empty-crit", ok_body, S({**H(), "crit": []}), False, "RFC 7515: crit must not be empty"),
    resp("crit-not-array", ok_body, S({**H(), "crit": "UPI-UUID"}), False, "crit must be an array"),
    resp("crit-twice", ok_body, S({**H(), "crit": ["UPI-UUID", "UPI-UUID", "UPI-TIMESTAMP", "UPI-APPID"]}), False, "duplicate names in crit"),
    resp("timestamp-not-critical", ok_body, S({**H(), "crit": ["UPI-UUID", "UPI-APPID"]}), False, "timestamp must be among the critical members"),
    resp("timestamp-number", ok_body, S({**H(), "UPI-TIMESTAMP": now}), False, "timestamp is a string"),
    resp("timestamp-milliseconds", ok_body, S({**H(), "UPI-TIMESTAMP": str(now * 1000)}), False, "seconds, not milliseconds"),
    resp("timestamp-text", ok_body, S({**H(), "UPI-TIMESTAMP": "today"}), False, "not a number"),
    resp("timestamp-overflow", ok_body, S({**H(), "UPI-TIMESTAMP": "9" * 30}), False, "does not fit; must not panic"),
    resp("timestamp-negative", ok_body, S({**H(), "UPI-TIMESTAMP": "-1"}), False, "negative"),
    resp("other-app-id", ok_body, S({**H(), "UPI-APPID": "00000000"}), False, "addressed to another participant"),
    resp("other-request-path", ok_body, S(H(path="/other/path")), False, "UPI-REQPATH of another call"),
    resp("duplicate-member", ok_body, S(compact(H())[:-1] + ',"alg":"RS256"}'), False, "duplicate member names in the protected header"),
    resp("header-not-json", ok_body, b64u(b"{nope") + ".." + s0, False, "protected header is not JSON"),
    resp("header-not-object", ok_body, S('["RS256"]'), False, "protected header is not an object"),
    resp("header-not-utf8", ok_body, b64u(b'{"alg":"\xff\xfe"}') + ".." + s0, False, "protected header is not UTF-8"),
    resp("b64-false", ok_body, unencoded(upi, compact({**H(), "b64": False, "crit": H()["crit"] + ["b64"]}), ok_body.encode()), False, "RFC 7797 form is not used by the gateway"),
    resp("padded-signature", ok_body, good + "==", False, "base64url carries no padding"),
    resp("standard-alphabet", ok_body, h0 + ".." + base64.b64encode(base64.urlsafe_b64decode(s0 + "==")).decode(), False, "standard alphabet in the signature"),
    resp("signature-spare-bits", ok_body, good[:-1] + chr(ord(good[-1]) + 1), False, "non-zero spare bits in the last character, or a changed signature"),
    resp("signature-short", ok_body, good[:-40], False, "truncated signature"),
    resp("signature-empty", ok_body, h0 + "..", False, "empty signature"),
    resp("attached-payload", ok_body, h0 + "." + b64u(ok_body.encode()) + "." + s0, False, "the payload part must be empty"),
    resp("two-parts", ok_body, h0 + "." + s0, False, "two parts"),
    resp("four-parts", ok_body, good + ".x", False, "four parts"),
    resp("inner-white-space", ok_body, h0 + ".. " + s0, False, "white space inside"),
    resp("empty-value", ok_body, "", False, "empty header value"),
    resp("huge-header", ok_body, b64u(compact({**H(), "pad": "x" * 100_000}).encode()) + ".." + s0, False, "an oversized protected header is refused early"),
    ]
    about = (f"verify with key upi-signing, kid {UK}, expected app id {APP_ID}, expected request path {PATH}, window 300 s, "
             "clock = now")
    return {"about": about, "kid": UK, "app_id": APP_ID, "request_path": PATH, "vectors": vectors}


def sealed(plaintext):
    key = jwk.JWK.from_pem(read("upi-encryption.pub.pem"))
    protected = compact({"alg": "RSA1_5", "enc": "A128CBC-HS256", "kid": ENCRYPTION_KID})
    token = jwe.JWE(plaintext, protected, algs=["RSA1_5", "A128CBC-HS256"])
    token.add_recipient(key)
    return token.serialize(compact=True)


def tokens(encryption):
    """What UPI must be able to read, made in two ways, and what the sandbox must refuse with one and the same error."""
    people = [("李雷", "11010519491231002X"), ("阿迪力·吐尼亚孜", "440524188001010014"), ("𠮷野", "810000199408230021")]
    valid = []
    for i, (name, number) in enumerate(people):
        text = compact({"customerNm": name, "certifID": number})
        by_hand = jwe_of_ascii_keys(encryption.public_key(), ENCRYPTION_KID, text.encode())
        valid.append({"name": f"jwcrypto-{i}", "plaintext": text, "token": sealed(text.encode())})
        valid.append({"name": f"sdk-style-{i}", "plaintext": text, "token": by_hand})
    invalid = [{"name": name, "token": ".".join(parts)} for name, parts in spoilt(valid[0]["token"].split("."))]
    about = f"JWE compact, key upi-encryption, kid {ENCRYPTION_KID}; RSA1_5 and A128CBC-HS256"
    return {"about": about, "kid": ENCRYPTION_KID, "valid": valid, "invalid": invalid}


def spoilt(token):
    def flipped(at):
        part = token[at]
        return token[:at] + [part[:5] + ("A" if part[5] != "A" else "B") + part[6:]] + token[at + 1:]

    def relabelled(**members):
        protected = {"alg": "RSA1_5", "enc": "A128CBC-HS256", "kid": ENCRYPTION_KID, **members}
        return [b64u(compact(protected).encode())] + token[1:]

    yield "tampered-ciphertext", flipped(3)
    yield "tampered-tag", flipped(4)
    yield "tampered-iv", flipped(2)
    yield "tampered-key", flipped(1)
    yield "other-header", relabelled(kid="999")
    yield "alg-dir", relabelled(alg="dir")
    yield "four-parts", token[:4]
    yield "six-parts", token + ["x"]
    yield "empty-tag", token[:4] + [""]


if __name__ == "__main__":
    write("jws-request.json", requests(private("participant-signing")))
    write("jws-response.json", responses(*map(private, ("participant-signing", "upi-signing", "stranger"))))
    write("jwe.json", tokens(private("upi-encryption")))
