"""Dagster's own web server over a data root, without the daemon, and what its pages ask of it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from creativity_assets.orchestration.instance import dagster_home

SECONDS = 180

ASSET_PAGE = """
query Page($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    ... on AssetNode {
      id opNames groupName description isPartitioned partitionDefinition { name description }
      assetMaterializations(limit: 50) { partition runId timestamp metadataEntries { label } tags { key value } }
      partitionStats { numMaterialized numPartitions numFailed numMaterializing }
    }
  }
}
"""

PARTITION_LIST = """
query List($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    ... on AssetNode {
      id partitionKeysByDimension { name type partitionKeys }
      assetPartitionStatuses {
        ... on DefaultPartitionStatuses {
          materializedPartitions failedPartitions unmaterializedPartitions materializingPartitions
        }
      }
    }
  }
}
"""


@contextmanager
def web_server(root: Path) -> Iterator[str]:
    """Yields the address that GraphQL is asked at, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "CREATIVITY_DATA": str(root),
        "DAGSTER_HOME": str(dagster_home(root)),
        "PYTHONWARNINGS": "ignore",
    }
    command = [str(Path(sys.executable).parent / "dagster-webserver"), "-h", "127.0.0.1", "-p", str(port)]
    with (root / "web.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "-m", "creativity_assets.definitions"], env=environment, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}/graphql"
            deadline = time.monotonic() + SECONDS
            while not _answers(address):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((root / "web.log").read_text()[-2000:])
                time.sleep(0.5)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def ask(address: str, query: str, asset: str) -> dict[str, Any]:
    """The answer about an asset. Raises RuntimeError for one that is an error."""
    body = json.dumps({"query": query, "variables": {"key": {"path": [asset]}}}).encode()
    question = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(question, timeout=SECONDS) as answer:
        found: dict[str, Any] = json.load(answer)
    if "errors" in found:
        raise RuntimeError(str(found["errors"])[:2000])
    node: dict[str, Any] = found["data"]["assetNodeOrError"]
    return node


def _answers(address: str) -> bool:
    try:
        return bool(
            ask(
                address,
                "query Node($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { __typename } }",
                "report",
            )
        )
    except (OSError, RuntimeError):
        return False
