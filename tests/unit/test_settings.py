"""Settings come from file, environment and command line, in that order, and every mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from rasid.domain.errors import InputError
from rasid.settings import load, shown


def test_later_sources_win(tmp_path: Path) -> None:
    """Command line over environment over file over defaults."""
    file = tmp_path / "rasid.toml"
    file.write_text('web_port = 1\nfeeds = "sample"\nhost_pause = 2\n')
    environment = {"RASID_WEB_PORT": "2", "RASID_HOST_PAUSE": "0.5", "OTHER": "x"}
    settings = load(file, environment, web_port=3, feeds=None)
    assert (settings.web_port, settings.host_pause, settings.feeds, settings.workers) == (3, 0.5, "sample", 2)


def test_lists_flags_and_paths_are_read_from_variables() -> None:
    """Variables are texts: commas part lists, on and off are flags."""
    environment = {
        "RASID_FETCH_ALLOWED_HOSTS": "127.0.0.1:8000, intranet",
        "RASID_SAMPLE": "off",
        "RASID_RULES_DIR": "~/rules",
        "RASID_DATA_DIR": "/tmp/x",
    }
    settings = load(None, environment)
    assert settings.fetch_allowed_hosts == ("127.0.0.1:8000", "intranet")
    assert settings.sample is False
    assert settings.rules_dir == Path("~/rules").expanduser()
    assert settings.data_dir == Path("/tmp/x")


def test_a_secret_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    """RASID_WEB_PASSWORD_FILE keeps the password out of the process list; printing blots it out."""
    (tmp_path / "secret").write_text("пароль سر\n")
    settings = load(None, {"RASID_WEB_PASSWORD_FILE": str(tmp_path / "secret")})
    assert settings.web_password == "пароль سر"
    assert shown(settings)["web_password"] == "***"
    assert "пароль" not in str(shown(settings))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web_prot = 1\n", "unknown setting 'web_prot'"),
        ("web_port = [\n", "is no TOML"),
        ('web_port = "x"\n', "wrong form"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(tmp_path: Path, text: str, words: str) -> None:
    """The error names the file and what is wrong."""
    file = tmp_path / "rasid.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        load(file, {})
    assert str(file) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file given and not there is an error, not a default."""
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RASID_RETENTION_DAYS", "-5"),
        ("RASID_RETENTION_DAYS", "nan"),
        ("RASID_WORKERS", "0"),
        ("RASID_FETCH_IN_FLIGHT", "0"),
        ("RASID_HOST_PAUSE", "-1"),
        ("RASID_LOG_MAX_BYTES", "0"),
        ("RASID_WEB_PORT", "70000"),
        ("RASID_LOG_FORMAT", "xml"),
    ],
)
def test_a_value_out_of_range_is_refused(name: str, value: str) -> None:
    """What would delete everything or do nothing is an error that names the setting."""
    with pytest.raises(InputError, match=name.removeprefix("RASID_").lower()):
        load(None, {name: value})


def test_a_misspelt_variable_is_told() -> None:
    """A variable of ours that is no setting would go unnoticed: it is an error with the likely name."""
    with pytest.raises(InputError, match="RASID_WROKERS is no setting; did you mean RASID_WORKERS"):
        load(None, {"RASID_WROKERS": "2"})


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(InputError, match="secret: cannot be read"):
        load(None, {"RASID_WEB_PASSWORD_FILE": str(tmp_path / "secret")})


def test_the_cluster_is_told_in_the_same_file(tmp_path: Path) -> None:
    """One table of settings for both modes; the variables of our scripts are no slips, others are."""
    file = tmp_path / "rasid.toml"
    file.write_text('kafka = "a:9092, b:9092"\nelasticsearch = "http://search:9200"\nworker_patience = 60\n')
    settings = load(file, {"RASID_METRICS_PORT": "9400", "RASID_KAFKA_NAME": "kafka-outage"})
    assert (settings.kafka, settings.worker_patience, settings.metrics_port) == ("a:9092, b:9092", 60, 9400)
    with pytest.raises(InputError, match="RASID_KAFAK is no setting; did you mean RASID_KAFKA"):
        load(None, {"RASID_KAFAK": "a:9092"})


def test_a_secret_is_taken_letter_by_letter() -> None:
    """A password that reads like a flag stays as it is."""
    assert load(None, {"RASID_KAFKA_PASSWORD": "Off"}).kafka_password == "Off"
