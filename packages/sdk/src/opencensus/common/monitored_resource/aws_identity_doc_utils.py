"""What an EC2 instance says about itself, in its identity document."""

from __future__ import annotations

import json
from typing import ClassVar

from opencensus.common.http_handler import get_request

REGION_KEY = "region"
ACCOUNT_ID_KEY = "aws_account"
INSTANCE_ID_KEY = "instance_id"

_AWS_INSTANCE_IDENTITY_DOCUMENT_URI = (
    "http://169.254.169.254/latest/dynamic/instance-identity/document"
)

_AWS_ATTRIBUTES = {
    "region": REGION_KEY,
    "accountId": ACCOUNT_ID_KEY,
    "instanceId": INSTANCE_ID_KEY,
}
"""Names in the document, and the labels that they become."""

inited = False
is_running_on_aws = False
aws_metadata_map: dict[str, str] = {}
"""The labels that were found."""


class AwsIdentityDocumentUtils:
    """Reads the document once per process, when first asked."""

    inited: ClassVar[bool] = False
    is_running: ClassVar[bool] = False

    @classmethod
    def _initialize_aws_identity_document(cls) -> None:
        if cls.inited:
            return
        document = _parsed(get_request(_AWS_INSTANCE_IDENTITY_DOCUMENT_URI))
        if document is not None:
            cls.is_running = True
            for name, label in _AWS_ATTRIBUTES.items():
                if document.get(name) is not None:
                    aws_metadata_map[label] = str(document[name])
        cls.inited = True

    @classmethod
    def is_running_on_aws(cls) -> bool:
        """Return whether this machine is an EC2 instance."""
        cls._initialize_aws_identity_document()
        return cls.is_running

    def get_aws_metadata(self) -> dict[str, str]:
        """Return the labels of this instance; none where this is no EC2 instance."""
        return dict(aws_metadata_map) if self.is_running_on_aws() else {}


def _parsed(content: str | bytes | None) -> dict[str, object] | None:
    if content is None:
        return None
    try:
        document = json.loads(content)
    except ValueError:
        # Another service answers at this address, as those of other clouds do.
        return None
    return document if isinstance(document, dict) else None
