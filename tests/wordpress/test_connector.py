"""The connector in a real WordPress, with a real Akismet plugin, before a real service."""

import itertools
import shutil

import pytest

from tests.wordpress.blog import CONNECTOR

NUMBERS = itertools.count(1)


def text(words):
    """WordPress refuses the same comment twice."""
    return f"{words}, number {next(NUMBERS)}"


async def test_a_comment_is_judged_by_the_service(wordpress, gatehouse):
    ham = await wordpress.comment(text("a fine article"))
    heard = await wordpress.heard()
    spam = await wordpress.comment(text("spam, surely"))
    doubtful = await wordpress.comment(text("maybe so"))

    states = [await wordpress.status(each) for each in (ham, spam, doubtful)]
    assert states == ["approved", "spam", "spam"]
    rows = await gatehouse.rows("comments")
    assert [row["action"] for row in rows] == ["approve", "reject", "hold"]
    assert heard == {"guid": str(rows[0]["id"]), "body": "false"}


async def test_while_the_service_is_stopped_comments_are_held(wordpress, gatehouse):
    await gatehouse.stop()

    held = await wordpress.comment(text("a fine article"))

    assert await wordpress.status(held) == "unapproved"
    heard = await wordpress.heard()
    assert heard["body"] == "error"
    assert len(heard["guid"]) == 36
    assert await wordpress.history(held) == ["check-error"]


async def test_a_known_author_is_held_too_while_the_service_is_stopped(wordpress, gatehouse):
    """Newer plugins publish them unchecked when a check has no guid."""
    await wordpress.comment(text("a fine article"), author="Known Author")
    await gatehouse.stop()

    held = await wordpress.comment(text("a fine article"), author="Known Author")

    assert await wordpress.status(held) == "unapproved"


async def test_what_was_held_is_asked_again_when_the_service_is_back(wordpress, gatehouse):
    await gatehouse.stop()
    ham = await wordpress.comment(text("a fine article"))
    spam = await wordpress.comment(text("spam, surely"))
    await wordpress.recheck()
    still = [await wordpress.status(each) for each in (ham, spam)]
    await gatehouse.start()

    await wordpress.recheck()

    assert still == ["unapproved", "unapproved"]
    assert [await wordpress.status(each) for each in (ham, spam)] == ["approved", "spam"]
    reasons = {row["recheck_reason"] for row in await gatehouse.rows("comments")}
    assert reasons == {"retry"}


async def test_a_service_that_hangs_holds_the_comment_and_not_the_visitor(wordpress, gatehouse):
    """The plugin alone waits 45 seconds, longer than the reader of these tests."""
    await gatehouse.stop()
    with gatehouse.hanging():
        held = await wordpress.comment(text("a fine article"))

    assert await wordpress.status(held) == "unapproved"


async def test_a_service_that_lets_nobody_connect_holds_the_comment(wordpress, gatehouse):
    await gatehouse.stop()
    with gatehouse.deaf():
        held = await wordpress.comment(text("a fine article"))

    assert await wordpress.status(held) == "unapproved"


async def test_an_error_page_of_a_proxy_is_no_answer(wordpress, gatehouse):
    """WordPress itself stands in for the proxy: it has a page for every address."""
    await wordpress.connect(f"{wordpress.url}/wp-login.php?", gatehouse.key)

    held = await wordpress.comment(text("a fine article"))

    assert await wordpress.status(held) == "unapproved"
    assert (await wordpress.heard())["body"] == "error"


async def test_a_wrong_key_holds_comments(wordpress, gatehouse):
    await wordpress.connect(gatehouse.url, "0123456789ab")

    held = await wordpress.comment(text("a fine article"))

    assert await wordpress.status(held) == "unapproved"
    assert (await wordpress.heard())["body"] == "invalid"


async def test_the_moderators_word_reaches_the_service(wordpress, gatehouse):
    missed = await wordpress.comment(text("a fine article"))
    wrong = await wordpress.comment(text("spam, surely"))

    await wordpress.moderate(missed, "spam")
    await wordpress.moderate(wrong, "approved")

    labels = await gatehouse.rows("labels")
    comments = {row["id"]: row["action"] for row in await gatehouse.rows("comments")}
    said = [(comments[label["comment_id"]], label["label"]) for label in labels]
    assert said == [("approve", "spam"), ("reject", "ham")]


async def test_a_moderator_works_on_while_the_service_is_stopped(wordpress, gatehouse):
    missed = await wordpress.comment(text("a fine article"))
    await gatehouse.stop()

    await wordpress.moderate(missed, "spam")

    assert await wordpress.status(missed) == "spam"


@pytest.mark.parametrize(("key", "status"), [("right", "valid"), ("wrong", "invalid")])
async def test_the_plugin_can_tell_a_right_key_from_a_wrong_one(wordpress, gatehouse, key, status):
    raw = gatehouse.key if key == "right" else "0123456789ab"

    assert await wordpress.php(f"return Akismet::verify_key('{raw}');") == status


async def test_an_outage_is_no_wrong_key(wordpress, gatehouse):
    await gatehouse.stop()

    assert await wordpress.php(f"return Akismet::verify_key('{gatehouse.key}');") == "failed"


async def test_without_an_address_nothing_is_changed(wordpress, gatehouse):
    await wordpress.connect("", "")

    asked = await wordpress.php(
        "return Gatehouse\\ask_service(false, array(), 'https://rest.akismet.com/1.1/verify-key');"
    )
    key = await wordpress.php("return Akismet::get_api_key();")

    assert asked is False
    assert not key


@pytest.mark.parametrize("address", ["rest.akismet.com", "javascript:alert(1)", "http:// x"])
async def test_what_is_no_address_counts_as_none(wordpress, gatehouse, address):
    await wordpress.connect(address, gatehouse.key)

    assert await wordpress.php("return Gatehouse\\service_url();") == ""


async def test_other_requests_are_left_alone(wordpress, gatehouse):
    for url in ("https://api.wordpress.org/", "https://rest.akismet.com.example.org/1.1/x"):
        asked = await wordpress.php(f"return Gatehouse\\ask_service(false, array(), '{url}');")
        assert asked is False


async def test_an_observed_site_publishes_what_would_be_rejected(wordpress, gatehouse):
    await gatehouse.conn.execute("UPDATE sites SET settings = '{\"observe_only\": true}'::jsonb")
    await gatehouse.stop()
    await gatehouse.start()

    published = await wordpress.comment(text("spam, surely"))

    assert await wordpress.status(published) == "approved"
    (row,) = await gatehouse.rows("comments")
    assert (row["action"], row["observed"]) == ("reject", True)


@pytest.fixture
async def must_use(wordpress, gatehouse):
    """The connector as a must-use plugin, with its settings in wp-config.php."""
    plugins = wordpress.tree / "wp-content" / "plugins"
    moved = wordpress.tree / "wp-content" / "mu-plugins" / CONNECTOR.name
    await wordpress.connect("", "")
    await wordpress.php("update_option('active_plugins', array('akismet/akismet.php'));")
    shutil.move(plugins / CONNECTOR.name, moved)
    wordpress.configure(
        f"define('GATEHOUSE_URL', '{gatehouse.url}/');"
        f" define('GATEHOUSE_KEY', '{gatehouse.key}'); define('GATEHOUSE_SECONDS', 2);"
    )
    yield wordpress
    wordpress.configure()
    shutil.move(moved, plugins / CONNECTOR.name)
    await wordpress.php(
        "update_option('active_plugins', array('akismet/akismet.php', 'gatehouse.php'));"
    )


async def test_it_works_as_a_must_use_plugin_with_constants(must_use, gatehouse):
    spam = await must_use.comment(text("spam, surely"))
    await gatehouse.stop()
    held = await must_use.comment(text("a fine article"))

    assert [await must_use.status(each) for each in (spam, held)] == ["spam", "unapproved"]
    assert await must_use.php("return Akismet::predefined_api_key();") is True


async def test_nothing_of_it_makes_php_complain(wordpress, gatehouse):
    await wordpress.comment(text("a fine article"))
    await wordpress.php(
        "require_once ABSPATH . 'wp-admin/includes/admin.php'; do_action('admin_init');"
        " ob_start(); do_settings_sections('discussion'); ob_end_clean();"
    )

    written = wordpress.log.read_text("utf-8") if wordpress.log.exists() else ""
    assert "gatehouse" not in written
