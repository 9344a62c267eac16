"""A study whose files go through an object store, as the profile for Kubernetes has it; jobs run on this machine."""

from importlib.util import find_spec

import pytest

from tests.workflow.conftest import ROOT, run, write_study

NEEDED = ("moto", "boto3", "snakemake_storage_plugin_s3", "snakemake_executor_plugin_kubernetes")
missing = [name for name in NEEDED if find_spec(name) is None]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")]

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def store(monkeypatch):
    """Address of an object store with an empty bucket, and a client of it."""
    import boto3
    from moto.server import ThreadedMotoServer

    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket="bucket")
    yield address, client
    server.stop()


def test_a_study_through_an_object_store_gives_the_same_table(finished_study, store, tmp_path):
    address, client = store
    path = write_study(tmp_path, points_per_job=1)
    answer = run(
        tmp_path,
        *("study", "--profile", str(ROOT / "workflow" / "profiles" / "kubernetes"), "--executor", "local"),
        *("--default-storage-prefix", "s3://bucket/magbayes", "--storage-s3-endpoint-url", address),
        *("--config", f"study={path}"),
    )
    assert answer.returncode == 0, answer.stderr
    results = "results/studies/tiny"
    table = client.get_object(Bucket="bucket", Key=f"magbayes/{results}/table.csv")["Body"].read()
    assert table == (finished_study[0] / results / "table.csv").read_bytes()
    keys = {each["Key"] for each in client.list_objects_v2(Bucket="bucket")["Contents"]}
    assert f"magbayes/{results}/report.html" in keys
    assert [key for key in keys if key.startswith("magbayes/results/store/study/") and key.endswith("/against.svg")]
    # Pulses, which both points need, were made once, and read from the store.
    assert len([key for key in keys if key.startswith("magbayes/results/store/pulse/")]) == 2
    assert not (tmp_path / "results" / "store" / "pulse").exists()
