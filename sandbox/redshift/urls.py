"""Where moto finds the sandbox's Redshift."""

from sandbox.redshift.responses import SandboxRedshiftResponse

url_bases = [r"https?://redshift\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/$": SandboxRedshiftResponse.dispatch}
