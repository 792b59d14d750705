"""Routes of Lambda: moto's, with the sandbox's responses."""

from moto.awslambda import urls as moto_urls

from sandbox.awslambda.responses import SandboxLambdaResponse

url_bases = moto_urls.url_bases
url_paths = dict.fromkeys(moto_urls.url_paths, SandboxLambdaResponse.dispatch)
