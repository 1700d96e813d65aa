from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from opencensus.common.monitored_resource import (
    aws_identity_doc_utils,
    gcp_metadata_config,
    k8s_utils,
    monitored_resource,
)

GOOGLE = {
    "/instance/id": "42",
    "/project/project-id": "shop",
    "/instance/zone": "projects/7/zones/europe-west1-b",
    "/instance/attributes/cluster-name": "main",
}
AMAZON = {"region": "eu-west-1", "accountId": "123", "instanceId": None, "imageId": "ami"}


@pytest.fixture
def host(monkeypatch):
    """The answers of the host's metadata service by path; what is not in it is not found."""
    answers = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = answers.get(self.path)
            asked_rightly = self.path == "/document" or self.headers["Metadata-Flavor"] == "Google"
            self.send_response(200 if body is not None and asked_rightly else 404)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *args):
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(gcp_metadata_config, "_GCP_METADATA_URI", address)
        monkeypatch.setattr(
            aws_identity_doc_utils, "_AWS_INSTANCE_IDENTITY_DOCUMENT_URI", address + "document"
        )
        monkeypatch.setattr(gcp_metadata_config, "_GCP_METADATA_MAP", {})
        monkeypatch.setattr(aws_identity_doc_utils, "aws_metadata_map", {})
        for asking in (
            gcp_metadata_config.GcpMetadataConfig,
            aws_identity_doc_utils.AwsIdentityDocumentUtils,
        ):
            monkeypatch.setattr(asking, "inited", False)
            monkeypatch.setattr(asking, "is_running", False)
        for name in ("KUBERNETES_SERVICE_HOST", "OC_RESOURCE_TYPE", "OC_RESOURCE_LABELS"):
            monkeypatch.delenv(name, raising=False)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield answers
        server.shutdown()
        thread.join()


pytestmark = pytest.mark.filterwarnings("ignore:.*HTTPError.*:ResourceWarning")


def test_a_host_that_says_nothing_is_no_resource(host):
    assert monitored_resource.get_instance() is None
    assert gcp_metadata_config.GcpMetadataConfig().get_gce_metadata() == {}
    assert aws_identity_doc_utils.AwsIdentityDocumentUtils().get_aws_metadata() == {}


def test_a_machine_of_google_cloud_is_asked_once(host):
    host.update(GOOGLE)
    found = monitored_resource.get_instance()
    host.clear()
    assert found.get_type() == "gce_instance"
    assert found.get_labels() == {
        "instance_id": "42",
        "project_id": "shop",
        "zone": "europe-west1-b",
    }
    assert monitored_resource.get_instance().get_labels() == found.get_labels()


def test_what_google_cloud_does_not_say_is_left_out(host):
    host["/instance/id"] = "42"
    assert monitored_resource.get_instance().get_labels() == {"instance_id": "42"}


def test_an_ec2_instance_is_known_by_its_document(host):
    host["/document"] = json.dumps(AMAZON)
    found = monitored_resource.get_instance()
    assert found.get_type() == "aws_ec2_instance"
    assert found.get_labels() == {"region": "eu-west-1", "aws_account": "123"}


@pytest.mark.parametrize("body", ["<html>", "[]", "null"])
def test_another_service_at_that_address_is_no_ec2_instance(host, body):
    host["/document"] = body
    assert monitored_resource.get_instance() is None


def test_a_container_wins_over_its_machine_and_its_environment_over_both(host, monkeypatch):
    host.update(GOOGLE)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("CONTAINER_NAME", "web")
    monkeypatch.setenv("NAMESPACE", "shop")
    monkeypatch.setenv("HOSTNAME", "web-7")
    labels = {
        k8s_utils.CLUSTER_NAME_KEY: "main",
        k8s_utils.CONTAINER_NAME_KEY: "web",
        k8s_utils.NAMESPACE_NAME_KEY: "shop",
        k8s_utils.POD_NAME_KEY: "web-7",
    }
    assert k8s_utils.get_k8s_metadata() == labels

    found = monitored_resource.get_instance()
    assert found.get_type() == "k8s_container"
    assert found.get_labels()["zone"] == "europe-west1-b"
    assert labels.items() <= found.get_labels().items()

    monkeypatch.setenv("OC_RESOURCE_TYPE", "mine")
    monkeypatch.setenv("OC_RESOURCE_LABELS", "zone=here")
    found = monitored_resource.get_instance()
    assert (found.get_type(), found.get_labels()["zone"]) == ("mine", "here")
