"""The newest checkpoint of each log, mailed once a day to whoever the operator named for it.

What lies in somebody else's mailbox, nobody here can rewrite: with it, a log that was changed
afterwards is found out.
"""

from datetime import timedelta

from consent.ledger import jobs, signing, store
from consent.ledger.store import CheckpointRow
from service import mail
from service.db import Connection
from service.mail import Mail
from service.schedule import job
from service.secrets import open_secrets
from service.settings import Settings
from service.sites import Site

SUBJECTS = {
    "de": "Prüfpunkt der Einwilligungen von {site}: {size} Einträge",
    "en": "Checkpoint of the consents of {site}: {size} entries",
    "ru": "Контрольная точка согласий {site}, записей: {size}",
}
TEXTS = {
    "de": """\
Bitte bewahren Sie diese Mail auf. Sie enthält den neuesten signierten Prüfpunkt des Protokolls der
Einwilligungen von {site}: Mit ihm lässt sich später feststellen, ob etwas von dem verändert wurde,
was bis dahin darin stand.

Zum Prüfen eines Exports speichern Sie alles ab der Zeile, die mit {origin} beginnt, als
checkpoint.txt (mit einem Zeilenende am Schluss), und rufen auf:

    python verify.py PAKET.zip --vkey '{vkey}' --checkpoint checkpoint.txt

{note}""",
    "en": """\
Please keep this mail. It holds the newest signed checkpoint of the record of consent of {site}:
with it one can tell later whether anything was changed of what stood there until then.

To check an export, save everything from the line that begins with {origin} as checkpoint.txt
(with a line end at its end), and run:

    python verify.py BUNDLE.zip --vkey '{vkey}' --checkpoint checkpoint.txt

{note}""",
    "ru": """\
Сохраните это письмо. В нём новейшая подписанная контрольная точка журнала согласий {site}: по ней
потом можно узнать, изменили ли что-нибудь из записанного до неё.

Чтобы проверить выгрузку, сохраните всё начиная со строки, которая начинается с {origin}, в файл
checkpoint.txt (с переводом строки в конце) и выполните:

    python verify.py ПАКЕТ.zip --vkey '{vkey}' --checkpoint checkpoint.txt

{note}""",
}
FALLBACK = "en"


@job("consent_checkpoint_mails", every=timedelta(days=1))
async def mail_checkpoints(conn: Connection, settings: Settings) -> int:
    """How many were handed to the mail; none where no relay is configured."""
    if not mail.is_configured(settings):
        return 0
    mailed = 0
    for site in await jobs.sites(conn, await open_secrets(conn, settings)):
        if site.settings.checkpoint_mail:
            mailed += await _mail(conn, site)
    return mailed


async def _mail(conn: Connection, site: Site) -> bool:
    head = await store.head(conn, site.id)
    checkpoint = await store.newest_checkpoint(conn, site.id, head.epoch) if head else None
    if head is None or checkpoint is None:
        return False
    keys = [each.vkey for each in await signing.verifiers(conn, site.id)]
    await mail.enqueue(conn, written(site, head.origin, checkpoint, keys[-1]))
    return True


def written(site: Site, origin: str, checkpoint: CheckpointRow, vkey: str) -> Mail:
    """In the first language of the blog, if it is one of ours; the note is the end of its text."""
    spoken = site.language[:2].lower()
    language = spoken if spoken in TEXTS else FALLBACK
    return Mail(
        to=site.settings.checkpoint_mail,
        subject=SUBJECTS[language].format(site=site.name, size=checkpoint.size),
        text=TEXTS[language].format(site=site.name, origin=origin, vkey=vkey, note=checkpoint.note),
        language=language,
        site_id=site.id,
    )
