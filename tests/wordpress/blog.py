"""A real WordPress: Debian's, with the Akismet plugin that comes with it and our connector."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from tests.running import free_port
from tests.waiting import wait_until

HERE = Path(__file__).parent
CONNECTOR = HERE.parents[1] / "integrations" / "wordpress" / "gatehouse.php"
WORDPRESS = Path("/usr/share/wordpress")
AKISMET = WORDPRESS / "wp-content" / "plugins" / "akismet" / "akismet.php"
PROGRAMS = ("php", "mariadbd", "mariadb-install-db")
APART = "wordpress php-cli php-mysql mariadb-server"

PASSWORD = "a password of the tests"
PATIENCE_SECONDS = 30  # less than the 45 that the plugin takes by itself

NEWEST_COMMENT = (
    "return (int) $GLOBALS['wpdb']->get_var('SELECT max(comment_ID) FROM wp_comments');"
)

CONFIG = """<?php
define( 'DB_NAME', 'blog' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:{socket}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'DISABLE_WP_CRON', true );  // the tests say when
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_LOG', '{log}' );
define( 'WP_DEBUG_DISPLAY', false );
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $name ) {{
	define( $name . '_KEY', 'a key of the tests' );
	define( $name . '_SALT', 'a salt of the tests' );
}}
{more}
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {{
	define( 'ABSPATH', __DIR__ . '/' );
}}
require_once ABSPATH . 'wp-settings.php';
"""


def program(name):
    """Where a program lies; servers lie where only root looks for them."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def missing_parts():
    """What is not installed here, in words; empty if all is."""
    missing = [name for name in PROGRAMS if program(name) is None]
    missing += [str(path) for path in (WORDPRESS, AKISMET) if not path.exists()]
    return f"{', '.join(missing)} not here: apt-get install {APART}" if missing else ""


@contextmanager
def mariadb(place):
    """A MariaDB with an empty database; yields its socket, which only we can reach."""
    data, sock = place / "data", place / "sock"
    user = "--user=root" if os.geteuid() == 0 else "--skip-symbolic-links"
    run(
        *("mariadb-install-db", "--no-defaults", f"--datadir={data}", user, "--skip-test-db"),
        "--auth-root-authentication-method=normal",
    )
    with (place / "mariadb.log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(
                    program("mariadbd"),
                    "--no-defaults",
                    f"--datadir={data}",
                    user,
                    f"--socket={sock}",
                ),
                *("--skip-networking", "--innodb-buffer-pool-size=32M"),
                *("--innodb-flush-log-at-trx-commit=0", f"--pid-file={place / 'pid'}"),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: sock.exists() or server.poll() is not None)
        connect = f'(new mysqli("localhost", "root", "", "", 0, "{sock}"))'
        create = f'{connect}->query("CREATE DATABASE blog");'
        wait_until(lambda: subprocess.run(["php", "-r", create], check=False).returncode == 0)
        yield sock
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def wordpress():
    """A fresh WordPress that answers on a port of this machine."""
    place = Path(tempfile.mkdtemp(prefix="gh-wp-"))
    tree = place / "tree"
    try:
        shutil.copytree(WORDPRESS, tree, symlinks=True)
        plugins, must_use = (tree / "wp-content" / name for name in ("plugins", "mu-plugins"))
        must_use.mkdir(exist_ok=True)
        shutil.copy(CONNECTOR, plugins / CONNECTOR.name)
        shutil.copy(HERE / "helper.php", must_use)
        with mariadb(place) as sock:
            blog = WordPress(tree, sock, place / "debug.log", free_port())
            blog.configure()
            run("php", str(HERE / "installed.php"), str(tree), blog.host)
            with served(tree, blog.host):
                yield blog
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def served(tree, host):
    with (tree.parent / "php.log").open("wb") as log:
        server = subprocess.Popen(
            ["php", "-q", "-d", "opcache.revalidate_freq=0", "-S", host, "-t", str(tree)],
            env={**os.environ, "PHP_CLI_SERVER_WORKERS": "3"},
            stdout=log,
            stderr=log,
            start_new_session=True,  # its workers are children that must end with it
        )
    try:
        port = int(host.rpartition(":")[2])
        wait_until(lambda: reachable(port))
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def reachable(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class WordPress:
    """What a reader, a moderator and the owner of the blog do."""

    def __init__(self, tree, sock, log, port):
        self.tree, self.log = tree, log
        self._socket = sock
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"

    def configure(self, more="define( 'GATEHOUSE_SECONDS', 1 );"):
        """Write wp-config.php anew, with these lines more."""
        config = CONFIG.format(socket=self._socket, log=self.log, more=more)
        (self.tree / "wp-config.php").write_text(config, "utf-8")

    async def php(self, code):
        """Run ``code`` inside WordPress; what it returns."""
        script = (
            f"$_SERVER['HTTP_HOST'] = '{self.host}'; require '{self.tree}/wp-load.php';"
            f' $result = (function () {{ {code} }})(); echo "\\n", json_encode($result);'
        )
        process = await asyncio.create_subprocess_exec(
            *("php", "-r", script), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = await process.communicate()
        assert process.returncode == 0, f"{out.decode()}{err.decode()}"
        return json.loads(out.decode().rpartition("\n")[2])

    async def connect(self, url, key):
        """What the owner does under Settings > Discussion."""
        await self.php(
            f"update_option('gatehouse_url', '{url}'); update_option('gatehouse_key', '{key}');"
        )

    async def comment(self, text, author="Erika Muster", **fields):
        """A reader sends the form; the id of the comment, None if none was stored."""
        known = await self.php(NEWEST_COMMENT)
        form = {
            "comment": text,
            "author": author,
            "email": "erika@example.com",
            "comment_post_ID": "1",
            **fields,
        }
        async with (
            reader() as session,
            session.post(
                f"{self.url}/wp-comments-post.php", data=form, allow_redirects=False
            ) as answer,
        ):
            assert answer.status == 302, await answer.text()
        newest = await self.php(NEWEST_COMMENT)
        return newest if newest > known else None

    async def status(self, comment_id):
        """``approved``, ``unapproved`` (held) or ``spam``."""
        return await self.php(f"return wp_get_comment_status({comment_id});")

    async def heard(self):
        """Guid and body of what the plugin heard to its last check."""
        return await self.php("return get_option('test_heard');")

    async def history(self, comment_id):
        return await self.php(
            f"return wp_list_pluck(get_comment_meta({comment_id}, 'akismet_history'), 'event');"
        )

    async def recheck(self):
        """What WordPress's cron does 20 minutes after a check that failed."""
        await self.php("do_action('akismet_schedule_cron_recheck');")

    async def moderate(self, comment_id, status):
        """The moderator moves a comment, signed in."""
        async with reader() as session:
            login = {"log": "redaktion", "pwd": PASSWORD, "testcookie": "1"}
            session.cookie_jar.update_cookies({"wordpress_test_cookie": "WP%20Cookie%20check"})
            await (
                await session.post(f"{self.url}/wp-login.php", data=login, allow_redirects=False)
            ).read()
            ajax = f"{self.url}/wp-admin/admin-ajax.php?action=rest-nonce"
            nonce = await (await session.get(ajax)).text()
            async with session.post(
                f"{self.url}/index.php?rest_route=/wp/v2/comments/{comment_id}",
                data={"status": status},
                headers={"X-WP-Nonce": nonce},
            ) as answer:
                assert answer.status == 200, await answer.text()


def reader():
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=PATIENCE_SECONDS),
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Firefox/142.0"},
    )
