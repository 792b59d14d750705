"""How each service says that a call is not let through."""

from sandbox.guard.guard import DeniedError
from sandbox.wire import ApiCall, Reply, error_reply

_JSON_PROTOCOLS = frozenset({"json", "rest-json", "smithy-rpc-v2-cbor"})
# The code that services of the JSON protocols use, and that of all the others.
_CODES = {
    "signature": ("InvalidSignatureException", "SignatureDoesNotMatch"),
    "token": ("UnrecognizedClientException", "InvalidClientTokenId"),
    "expired": ("ExpiredTokenException", "ExpiredToken"),
    "permission": ("AccessDeniedException", "AccessDenied"),
}
_OWN_CODES = {("ec2", "permission"): "UnauthorizedOperation"}


def deny(call: ApiCall, error: DeniedError) -> Reply:
    """Answer a call that the guard stopped, in the words of the service: HTTP 403."""
    of_json, of_others = _CODES[error.kind]
    code = of_json if call.protocol in _JSON_PROTOCOLS else of_others
    return error_reply(call, _OWN_CODES.get((call.service, error.kind), code), str(error), 403)
