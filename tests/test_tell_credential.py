"""Where a secret's file is looked for."""

from __future__ import annotations

import pytest

from cuelight.errors import SettingsError
from cuelight.settings import MqttSettings
from cuelight.tell.access import Access
from cuelight.tell.credential import credential_path


@pytest.fixture
def folders(tmp_path):
    for name in ("given", "installed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "secret").write_text(name)
    return tmp_path


def test_the_service_takes_what_systemd_gave_it(folders):
    environ = {"CREDENTIALS_DIRECTORY": str(folders / "given")}
    path = credential_path("secret", environ=environ, installed=folders / "installed")
    assert path == folders / "given" / "secret"


def test_a_person_takes_what_is_installed(folders):
    path = credential_path("secret", environ={}, installed=folders / "installed")
    assert path == folders / "installed" / "secret"
    environ = {"CREDENTIALS_DIRECTORY": str(folders / "nothing")}
    path = credential_path("secret", environ=environ, installed=folders / "installed")
    assert path == folders / "installed" / "secret"


def test_what_is_a_path_stays_one(folders, monkeypatch):
    environ = {"CREDENTIALS_DIRECTORY": str(folders / "given")}
    for name in ("/else/secret", "./secret", "~/secret"):
        path = credential_path(name, environ=environ, installed=folders / "installed")
        assert path.parent not in {folders / "given", folders / "installed"}
        assert "~" not in str(path)


def test_the_password_reaches_the_broker_this_way(folders, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folders / "given"))
    settings = MqttSettings(username="box", password_file="secret", tls=True)
    assert Access.read(settings).password == "given"


def test_a_secret_that_is_nowhere_is_said_with_where_it_belongs(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)
    settings = MqttSettings(username="box", password_file="secret", tls=True)
    with pytest.raises(SettingsError, match="/etc/cuelight/credentials"):
        Access.read(settings)
