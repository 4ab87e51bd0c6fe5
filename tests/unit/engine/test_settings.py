from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.engine.settings import BY_NAME, TABLE, Settings, load, resolve
from fsxap.errors import ConfigurationError


def test_the_order_is_flag_environment_project_user_default(tmp_path: Path) -> None:
    (tmp_path / "fsxap.yaml").write_text("region: project\nsvm: project\nprofile: project\n")
    user = tmp_path / "config" / "fsxap"
    user.mkdir(parents=True)
    (user / "config.yaml").write_text("region: user\nvolume: [a, b]\nworkers: 3\n")
    below = tmp_path / "deep" / "er"
    below.mkdir(parents=True)
    environ = {"AWS_REGION": "env", "FSXAP_SVM": "env", "XDG_CONFIG_HOME": str(tmp_path / "config")}
    found = load({"region": "flag", "profile": None}, environ, below)
    assert {
        name: (found[name], found.origins[name])
        for name in ("region", "svm", "profile", "volume", "workers", "ontap_user")
    } == {
        "region": ("flag", "--region"),
        "svm": ("env", "FSXAP_SVM"),
        "profile": ("project", str(tmp_path / "fsxap.yaml")),
        "volume": ("a,b", str(user / "config.yaml")),
        "workers": (3, str(user / "config.yaml")),
        "ontap_user": ("fsxadmin-readonly", "default"),
    }
    assert found.project == tmp_path / "fsxap.yaml"


@pytest.mark.parametrize(
    ("environ", "region"),
    [
        ({"AWS_DEFAULT_REGION": "d"}, "d"),
        ({"AWS_DEFAULT_REGION": "d", "AWS_REGION": "r"}, "r"),
        ({"AWS_REGION": "r", "FSXAP_REGION": "f"}, "f"),
        ({"AWS_REGION": ""}, None),
    ],
)
def test_region(environ: dict[str, str], region: str | None) -> None:
    assert resolve({}, environ, [])["region"] == region


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("regoin: x", "did you mean region?"),
        ("- a", ""),
        ("region: [", ""),
        ("params: 3", ""),
        ("workers: many", ""),
        ("insecure: perhaps", ""),
    ],
)
def test_bad_files_say_where_and_what(tmp_path: Path, text: str, hint: str) -> None:
    path = tmp_path / "fsxap.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load({}, {}, tmp_path)
    assert str(path) in refused.value.message
    assert hint in refused.value.hint


def test_a_config_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read settings"):
        load({}, {}, tmp_path, str(tmp_path / "nowhere.yaml"))


texts = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)


@given(
    st.dictionaries(st.sampled_from([s.name for s in TABLE if s.kind is str]), texts), st.integers(1, 99), st.booleans()
)
def test_a_functions_environment_says_what_flags_would(values: dict[str, str], workers: int, insecure: bool) -> None:
    flags = values | {"workers": workers, "insecure": insecure}
    environ = {
        BY_NAME[name].env[0]: str(value).lower() if name == "insecure" else str(value) for name, value in flags.items()
    }
    assert Settings.from_env(environ).values == resolve(flags, {}, []).values


def test_no_setting_holds_a_secret() -> None:
    assert not [name for name in BY_NAME if "password" in name or name.endswith("_key")]


def test_a_named_file_needs_no_user_file(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("svm: a\n")
    environ = {"HOME": str(tmp_path / "home")}
    assert load({}, environ, tmp_path, str(tmp_path / "x.yaml"))["svm"] == "a"
    with pytest.raises(ConfigurationError, match="No such file"):
        load({}, environ, tmp_path, str(tmp_path / "y.yaml"))
