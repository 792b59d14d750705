"""Routes of SNS: moto's, with the sandbox's responses."""

from moto.sns import urls as moto_urls

from sandbox.topics.responses import SandboxSNSResponse

url_bases = moto_urls.url_bases
url_paths = {
    path: SandboxSNSResponse.serve_pem if ".pem" in path else SandboxSNSResponse.dispatch
    for path in moto_urls.url_paths
}
