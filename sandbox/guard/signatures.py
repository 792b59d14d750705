"""Signature Version 4, verified: a request signed with a wrong secret is nobody's.

Source: AWS General Reference, "Create a signed AWS API request". The age of a signature is not
looked at, since the sandbox's clock is moved at will while clients sign by their own.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<credential>[^,\s]+),\s*"
    r"SignedHeaders=(?P<headers>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_UNSIGNED = "UNSIGNED-PAYLOAD"
_HASH = re.compile(r"[0-9a-f]{64}")
_NAMES_IN_ENVIRON = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class UnreadableSignatureError(ValueError):
    """A request that is not signed by Version 4 of the algorithm."""


@dataclass(frozen=True)
class Signature:
    """What a request carries of its signature.

    :ivar scope: ``<date>/<region>/<service>/aws4_request``.
    :ivar in_query: a presigned address; its payload is not signed.
    """

    scope: str
    signed_headers: tuple[str, ...]
    value: str
    instant: str
    token: str | None
    in_query: bool


def read_signature(environ: Mapping[str, Any]) -> Signature:
    """Read the signature from the Authorization header or from a presigned address.

    :raises UnreadableSignatureError: there is none, or it is of another version.
    """
    match = _AUTHORIZATION.match(str(environ.get("HTTP_AUTHORIZATION", "")))
    if match:
        return Signature(
            scope=match["credential"].partition("/")[2],
            signed_headers=tuple(match["headers"].split(";")),
            value=match["signature"],
            instant=str(environ.get("HTTP_X_AMZ_DATE", "")),
            token=environ.get("HTTP_X_AMZ_SECURITY_TOKEN"),
            in_query=False,
        )
    query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
    if query.get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256":
        raise UnreadableSignatureError("the request is not signed by Signature Version 4")
    return Signature(
        scope=query["X-Amz-Credential"].partition("/")[2],
        signed_headers=tuple(query["X-Amz-SignedHeaders"].split(";")),
        value=query["X-Amz-Signature"],
        instant=query["X-Amz-Date"],
        token=query.get("X-Amz-Security-Token"),
        in_query=True,
    )


def is_genuine(
    signature: Signature, secret_access_key: str, environ: Mapping[str, Any], body: bytes
) -> bool:
    """Tell whether the holder of the secret signed exactly this request."""
    payload = _payload_hash(signature, environ, body)
    if payload is None:
        return False
    service = signature.scope.split("/")[-2]
    path, _, query = _raw_target(environ).partition("?")
    canonical = "\n".join(
        [
            str(environ["REQUEST_METHOD"]),
            path if service == "s3" else quote(path, safe="/~"),
            _canonical_query(query),
            *(f"{name}:{_header(environ, name)}" for name in signature.signed_headers),
            "",
            ";".join(signature.signed_headers),
            payload,
        ]
    )
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            signature.instant,
            signature.scope,
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = _signing_key(secret_access_key, signature.scope)
    wanted = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, signature.value)


def _signing_key(secret_access_key: str, scope: str) -> bytes:
    key = f"AWS4{secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _payload_hash(signature: Signature, environ: Mapping[str, Any], body: bytes) -> str | None:
    """Return what stands for the payload in the signature; None where it is not this payload's."""
    if signature.in_query:
        return _UNSIGNED
    actual = hashlib.sha256(body).hexdigest()
    claimed = environ.get("HTTP_X_AMZ_CONTENT_SHA256")
    if claimed is None:
        return actual
    if _HASH.fullmatch(claimed) and claimed != actual:
        return None
    return str(claimed)


def _raw_target(environ: Mapping[str, Any]) -> str:
    # PATH_INFO is decoded already, and the signature is over the bytes that were sent.
    target = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "")
    return re.sub(r"^https?://[^/]+", "", target) or "/"


def _canonical_query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    kept = sorted(
        (_encoded(name), _encoded(value)) for name, _, value in pairs if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in kept)


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def _header(environ: Mapping[str, Any], name: str) -> str:
    key = _NAMES_IN_ENVIRON.get(name, "HTTP_" + name.upper().replace("-", "_"))
    value = str(environ.get(key, ""))
    return " ".join(value.encode("latin-1", "replace").decode("utf-8", "replace").split())
