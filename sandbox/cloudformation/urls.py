"""Where moto finds CloudFormation: its own for its own accounts, else the sandbox's."""

from typing import Any

from moto.cloudformation import urls as moto_urls
from moto.cloudformation.responses import CloudFormationResponse

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.cloudformation.responses import SandboxCloudFormationResponse


class ByAccount:
    """Answers a request by whose account it is."""

    @classmethod
    def dispatch(cls, request: Any, full_url: str, headers: Any) -> Any:
        """Hand a request on."""
        own = request.headers.get("x-moto-account-id") in OWN_ACCOUNT_IDS
        response = SandboxCloudFormationResponse if own else CloudFormationResponse
        return response.dispatch(request, full_url, headers)


url_bases = moto_urls.url_bases
url_paths = {**moto_urls.url_paths, "{0}/$": ByAccount.dispatch}
