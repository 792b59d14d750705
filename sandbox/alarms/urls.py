"""Routes of CloudWatch: moto's, with the sandbox's responses."""

from moto.cloudwatch import urls as moto_urls

from sandbox.alarms.responses import SandboxCloudWatchResponse

url_bases = moto_urls.url_bases
url_paths = dict.fromkeys(moto_urls.url_paths, SandboxCloudWatchResponse.dispatch)
