"""Signatures of WeChat Pay v3, as its published pages describe them. No network, no clock.

A request is signed with the merchant's key (SHA256 with RSA, PKCS #1 v1.5) over method, address,
time, nonce and body; an answer and a notice are signed by the platform over time, nonce and body;
the content of a notice is encrypted with AES-256-GCM under the merchant's APIv3 key.
"""

import base64
import binascii
import json
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

SCHEME = "WECHATPAY2-SHA256-RSA2048"


def lines(*parts: str) -> bytes:
    """What is signed: each part on a line of its own, the last one ended as well."""
    return "".join(f"{part}\n" for part in parts).encode()


def sign(key: RSAPrivateKey, message: bytes) -> str:
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def is_signed(key: RSAPublicKey, signature: str, message: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def authorization(
    key: RSAPrivateKey,
    *,
    merchant: str,
    serial: str,
    method: str,
    path: str,
    timestamp: int,
    nonce: str,
    body: str,
) -> str:
    """The `Authorization` header; `path` has the query, if there is one."""
    signature = sign(key, lines(method, path, str(timestamp), nonce, body))
    fields = {
        "mchid": merchant,
        "nonce_str": nonce,
        "signature": signature,
        "timestamp": str(timestamp),
        "serial_no": serial,
    }
    return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in fields.items())


def opened(resource: dict[str, Any], key: bytes) -> dict[str, Any] | None:
    """The content of a notice's `resource`, or None when the key does not fit."""
    try:
        sealed = base64.b64decode(str(resource["ciphertext"]), validate=True)
        clear = AESGCM(key).decrypt(
            str(resource["nonce"]).encode(),
            sealed,
            str(resource.get("associated_data") or "").encode(),
        )
        found = json.loads(clear)
    except (KeyError, InvalidTag, ValueError):
        return None
    return found if isinstance(found, dict) else None


def private_key(pem: bytes) -> RSAPrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("the merchant's key is no RSA key")
    return key


def public_key(pem: bytes) -> RSAPublicKey:
    """The platform's public key, or the one in its certificate."""
    key = (
        load_pem_x509_certificate(pem).public_key()
        if b"BEGIN CERTIFICATE" in pem
        else load_pem_public_key(pem)
    )
    if not isinstance(key, RSAPublicKey):
        raise TypeError("the platform's key is no RSA key")
    return key
