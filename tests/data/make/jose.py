"""JOSE by hand, from the RFCs and not from the gateway's code, so that a common mistake shows."""
import base64
import hashlib
import hmac
import json
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def b64u(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def raw_signature(key, signing_input):
    return b64u(key.sign(signing_input, padding.PKCS1v15(), hashes.SHA256()))


def detached(key, header, body):
    """RFC 7515 appendix F: the payload is signed and left out. `header` is the JSON text as it is."""
    first = b64u(header.encode())
    return f"{first}..{raw_signature(key, f'{first}.{b64u(body)}'.encode())}"


def unencoded(key, header, body):
    """RFC 7797: the payload is signed as it is, without base64url."""
    first = b64u(header.encode())
    return f"{first}..{raw_signature(key, first.encode() + b'.' + body)}"


def jwe_of_ascii_keys(public, kid, plaintext):
    """RFC 7518 section 5.2, with a content key and IV of hexadecimal text, as UPI's published kit makes them."""
    secret, start = os.urandom(16).hex().encode(), os.urandom(8).hex().encode()
    header = b64u(compact({"alg": "RSA1_5", "enc": "A128CBC-HS256", "kid": kid}).encode())
    fill = 16 - len(plaintext) % 16
    cipher = Cipher(algorithms.AES(secret[16:]), modes.CBC(start)).encryptor()
    content = cipher.update(plaintext + bytes([fill]) * fill) + cipher.finalize()
    aad = header.encode()
    signed = aad + start + content + (len(aad) * 8).to_bytes(8, "big")
    tag = hmac.new(secret[:16], signed, hashlib.sha256).digest()[:16]
    wrapped = public.encrypt(secret, padding.PKCS1v15())
    return ".".join([header, *map(b64u, (wrapped, start, content, tag))])
