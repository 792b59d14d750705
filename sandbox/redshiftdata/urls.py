"""Where moto finds the Data API."""

from sandbox.redshiftdata.responses import SandboxRedshiftDataResponse

url_bases = [r"https?://redshift-data\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": SandboxRedshiftDataResponse.dispatch}
