import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.settings import FROM_FILES, RULES, BadSetting, Settings, environment

NAMES = sorted(RULES)


def test_nothing_has_to_be_set():
    settings = Settings.from_env({"HOME": "/root", "PATH": "/bin"})

    assert (settings.host, settings.port, settings.database_url) == ("127.0.0.1", 8080, "")
    assert settings.data_dir.is_absolute()


def test_types_follow_the_fields():
    settings = Settings.from_env(
        {
            "GATEHOUSE_PORT": "9000",
            "GATEHOUSE_DATA_DIR": "/srv/gatehouse",
            "GATEHOUSE_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        }
    )

    assert settings.port == 9000
    assert str(settings.data_dir) == "/srv/gatehouse"
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]


def test_an_empty_variable_counts_as_unset():
    assert Settings.from_env({"GATEHOUSE_PORT": ""}).port == 8080


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("GATEHOUSE_PROT", "9000", "GATEHOUSE_PROT is no setting .* GATEHOUSE_PORT"),
        ("GATEHOUSE_PORT", "http", "GATEHOUSE_PORT cannot be read"),
        ("GATEHOUSE_PORT", "0", "GATEHOUSE_PORT must lie between 1 and 65535"),
        ("GATEHOUSE_POOL_SIZE", "1", "GATEHOUSE_POOL_SIZE must lie between 2"),
        ("GATEHOUSE_LOG_LEVEL", "loud", "GATEHOUSE_LOG_LEVEL must be one of debug"),
        ("GATEHOUSE_TRUSTED_PROXIES", "10.0.0.1/8", "GATEHOUSE_TRUSTED_PROXIES cannot be read"),
        ("GATEHOUSE_SECRET_KEY", "short", "GATEHOUSE_SECRET_KEY must have at least 32"),
        ("GATEHOUSE_SMTP_URL", "mail.example:587", "GATEHOUSE_SMTP_URL cannot be read"),
        ("GATEHOUSE_SMTP_URL", "smtp://mail.example:99999", "GATEHOUSE_SMTP_URL cannot be read"),
        ("GATEHOUSE_SMTP_URL", "smtp://mail.example", "says nothing without GATEHOUSE_MAIL_FROM"),
        ("GATEHOUSE_MAIL_FROM", "a\nBcc: b@c.example", "GATEHOUSE_MAIL_FROM cannot be read"),
    ],
)
def test_a_bad_setting_is_named(name, text, message):
    with pytest.raises(BadSetting, match=message) as raised:
        Settings.from_env({name: text})

    assert raised.value.exit_code == 2


def test_a_secret_in_the_wrong_variable_is_not_repeated():
    with pytest.raises(BadSetting) as raised:
        Settings.from_env({"GATEHOUSE_PORT": "correct horse battery staple"})

    assert "horse" not in str(raised.value)


def test_secrets_stay_out_of_the_text_of_settings():
    settings = Settings(secret_key="s" * 32, database_url="postgresql://u:hush@host/db")

    assert "ssss" not in repr(settings)
    assert "hush" not in repr(settings)


@given(st.sampled_from(NAMES), st.text(max_size=50))
def test_whatever_the_text_it_is_read_or_refused_in_a_sentence(name, text):
    said = ""
    try:
        settings = Settings.from_env({name: text})
    except BadSetting as error:
        said = str(error)
    else:
        assert Settings.from_env(environment(settings)) == settings

    assert said == "" or said.startswith(name)


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"GATEHOUSE_HOST": "::1"}, "http://[::1]:8080"),
        ({"GATEHOUSE_BASE_URL": "https://gate.example/"}, "https://gate.example"),
    ],
)
def test_the_public_address_follows_from_host_and_port_unless_it_is_set(environ, url):
    assert Settings.from_env(environ).public_url == url


@pytest.mark.parametrize("name", FROM_FILES)
def test_a_secret_may_stand_in_a_file(tmp_path, name):
    file = tmp_path / "secret"
    secret = "smtp://a-user:a-secret-of-more-than-32-characters@relay.example"
    file.write_text(f"{secret}\n")
    environ = {f"{name}_FILE": str(file)}
    if name == "GATEHOUSE_SMTP_URL":
        environ["GATEHOUSE_MAIL_FROM"] = "gatehouse@blatt.example"

    settings = Settings.from_env(environ)

    assert secret in {settings.database_url, settings.secret_key, settings.smtp_url}
    # A child is given the secret itself, whatever else it inherits.
    inherited = {**environ, **environment(settings)}
    assert Settings.from_env(inherited) == settings


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"GATEHOUSE_SECRET_KEY_FILE": "/nowhere/a-key"}, "cannot be read"),
        ({"GATEHOUSE_SECRET_KEY_FILE": "/dev/null"}, "is empty"),
        ({"GATEHOUSE_SECRET_KEY_FILE": "/x", "GATEHOUSE_SECRET_KEY": "k" * 32}, "are both set"),
        ({"GATEHOUSE_PORT_FILE": "/x"}, "no setting"),
    ],
)
def test_a_file_that_holds_no_secret_is_said_without_its_name(environ, message):
    with pytest.raises(BadSetting, match=message) as raised:
        Settings.from_env(environ)

    assert "a-key" not in str(raised.value)
