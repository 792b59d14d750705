"""Sessions of boto3 that share what they read about AWS's services.

Each would read it anew otherwise, which takes longer than most of the calls that are made with it.
"""

from typing import Any

import boto3
import botocore.session
from botocore.loaders import create_loader

_LOADER = create_loader()


def make_session(**credentials: Any) -> boto3.session.Session:
    """Return a session; the arguments are those of boto3's own."""
    core = botocore.session.Session()
    core.register_component("data_loader", _LOADER)
    return boto3.session.Session(botocore_session=core, **credentials)
