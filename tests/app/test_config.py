"""Settings survive wrong values, unknown keys and damaged files."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import CLOSE_TO_TRAY, THEME, VOLUME, WATCH_FOLDERS, Settings
from app.errors import SettingsError


def test_defaults_without_a_file(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.toml")
    assert settings.get(THEME) == "system"
    assert settings.get(VOLUME) == 0.8
    assert settings.notices == []


def test_a_value_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    Settings(path).set(THEME, "dark")
    Settings(path).set(VOLUME, 0.25)
    again = Settings(path)
    assert again.get(THEME) == "dark"
    assert again.get(VOLUME) == 0.25


def test_unknown_keys_and_comments_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('# mine\n[window]\ntheme = "dark"\nfuture = 3\n[later]\nx = 1\n')
    Settings(path).set(THEME, "light")
    text = path.read_text()
    assert "# mine" in text
    assert "future = 3" in text
    assert "[later]" in text
    assert 'theme = "light"' in text


@pytest.mark.parametrize("line", ['theme = "blue"', "theme = 3", "theme = true"])
def test_a_wrong_value_falls_back_alone_with_a_notice(tmp_path: Path, line: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f"[window]\n{line}\n[player]\nvolume = 1\n")
    settings = Settings(path)
    assert settings.get(THEME) == "system"
    assert settings.get(VOLUME) == 1.0
    assert len(settings.notices) == 1
    assert "window.theme" in settings.notices[0]


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"[window\n\xff")
    settings = Settings(path)
    assert settings.get(WATCH_FOLDERS) is True
    assert settings.notices
    assert (tmp_path / "settings.damaged.toml").read_bytes() == b"[window\n\xff"


def test_setting_a_wrong_value_raises(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.toml")
    with pytest.raises(SettingsError):
        settings.set(THEME, "blue")
    with pytest.raises(SettingsError):
        settings.set(VOLUME, 2.0)
    assert not (tmp_path / "settings.toml").exists()


def test_setting_what_stands_already_writes_nothing(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.toml")
    settings.set(THEME, "system")
    settings.set(CLOSE_TO_TRAY, False)
    assert not (tmp_path / "settings.toml").exists()
    settings.set(CLOSE_TO_TRAY, True)
    assert Settings(tmp_path / "settings.toml").get(CLOSE_TO_TRAY) is True


def test_a_section_that_is_none_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("window = 3\n")
    settings = Settings(path)
    assert settings.get(THEME) == "system"
    settings.set(THEME, "dark")
    assert Settings(path).get(THEME) == "dark"
