"""The files in deploy/ start what there is: commands, options, settings and ports are the program's."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mutoscope.cli.main import load
from mutoscope.settings import PREFIX, Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
PORT = "8650"
GRACE_SECONDS = 40


def manifests() -> Iterator[dict[str, Any]]:
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text())


def containers() -> list[dict[str, Any]]:
    kinds = [each for each in manifests() if each["kind"] in ("Job", "Deployment")]
    return [each["spec"]["template"]["spec"]["containers"][0] for each in kinds]


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def commands() -> list[list[str]]:
    """What is started, without the program's own name."""
    units = [path.read_text() for path in sorted((DEPLOY / "systemd").glob("*.service"))]
    started = [shlex.split(re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)[0])[1:] for unit in units]
    services = [each for each in compose()["services"].values() if each["image"] == "mutoscope"]
    started += [shlex.split(each["command"]) for each in services]
    return started + [each["args"] for each in containers()]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_each_command_is_understood(command: list[str]) -> None:
    name, *options = command
    load(name).make_context(name, list(options))


def test_each_setting_exists() -> None:
    names = {f"{PREFIX}{name.upper()}" for name in Settings.__dataclass_fields__}
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            unknown = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", path.read_text())) - names
            assert not unknown, path.name


def test_units_restart_except_on_wrong_settings() -> None:
    units = [path.read_text() for path in (DEPLOY / "systemd").glob("*.service")]
    assert len(units) == 3
    for unit in units:
        assert "Restart=always" in unit
        assert "RestartPreventExitStatus=2" in unit
        assert f"TimeoutStopSec={GRACE_SECONDS}" in unit


def test_pods_are_stopped_in_peace_and_probed_where_they_listen() -> None:
    assert all(each["ports"][0]["containerPort"] == int(PORT) for each in containers() if "ports" in each)
    deployments = [each for each in manifests() if each["kind"] == "Deployment"]
    assert len(deployments) == 2
    for each in deployments:
        spec = each["spec"]["template"]["spec"]
        assert spec["terminationGracePeriodSeconds"] == GRACE_SECONDS
        assert spec["securityContext"]["runAsNonRoot"] is True
        probed = {spec["containers"][0][probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")}
        assert probed == {"/healthz", "/readyz"}


def test_the_image_is_not_roots_and_checks_its_health() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert text.index("USER 10001") < text.index("ENTRYPOINT")
    assert f"http://127.0.0.1:{PORT}/healthz" in text
    assert text.count("VOLUME /data") == 1
    for source in re.findall(r"^COPY ([a-z].*) \S+$", text, re.MULTILINE):
        for name in source.split():
            assert (DEPLOY.parent / name).exists(), name


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_builds_the_manifests() -> None:
    built = subprocess.run(
        ["kubectl", "kustomize", str(DEPLOY / "kubernetes")], capture_output=True, text=True, check=True, timeout=30
    )
    kinds = [each["kind"] for each in yaml.safe_load_all(built.stdout)]
    assert sorted(kinds) == ["ConfigMap", "Deployment", "Deployment", "Job", "Service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for path in (DEPLOY / "systemd").glob("*.service"):
        unit = tmp_path / path.name
        unit.write_text(path.read_text().replace("/opt/mutoscope/bin/mutoscope", shutil.which("true") or "/bin/true"))
        told = subprocess.run(
            ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False, timeout=30
        )
        assert path.name not in told.stderr, told.stderr
