"""German."""

from moderation.words import Language

RULINGS = {
    "guaranteed_spam": "Name oder E-Mail-Adresse ist ein Testwert, der immer als Spam gilt",
    "moderating_role": "Wer hier schreibt, darf selbst moderieren (Rolle „{role}“)",
    "allow_list": "Ein Eintrag der Freigabeliste trifft zu",
    "allow_list/word": "„{entry}“ steht auf der Freigabeliste",
    "allow_list/domain": "Die Domain {entry} steht auf der Freigabeliste",
    "allow_list/address": "Die IP-Adresse steht auf der Freigabeliste",
    "allow_list/email": "Die E-Mail-Adresse steht auf der Freigabeliste",
    "allow_list/pattern": "Ein Suchmuster der Freigabeliste trifft zu: {entry}",
    "block_list": "Ein Eintrag der Sperrliste trifft zu",
    "block_list/word": "„{entry}“ steht auf der Sperrliste",
    "block_list/domain": "Die Domain {entry} steht auf der Sperrliste",
    "block_list/address": "Die IP-Adresse steht auf der Sperrliste",
    "block_list/email": "Die E-Mail-Adresse steht auf der Sperrliste",
    "block_list/pattern": "Ein Suchmuster der Sperrliste trifft zu: {entry}",
    "honeypot": "Ein Formularfeld, das Menschen nicht sehen, war ausgefüllt",
    "decided_before": "Über diesen Kommentar hat schon ein Mensch entschieden",
}

REASONS = {
    # the model as a whole
    "prior": "Mit diesem Erfahrungswert beginnt jede Prüfung",
    "words": "Der Wortlaut fällt auf",
    "words/spam": "Der Wortlaut ähnelt bekanntem Spam",
    "words/ham": "Der Wortlaut ähnelt gewöhnlichen Leserkommentaren",
    "other": "Mehrere kleine Merkmale kommen zusammen",
    # what is known from before
    "approved_author": (
        "Unter diesem Namen mit dieser E-Mail-Adresse wurde schon ein Kommentar freigegeben"
    ),
    "spam_address": "Von dieser IP-Adresse kam schon einmal Spam",
    "same_text": (
        "Derselbe Text kam in den letzten Stunden unter anderen Beiträgen schon {comments:+}-mal"
    ),
    "near_text": (
        "Fast derselbe Text kam in den letzten Stunden unter anderen Beiträgen schon "
        "{comments:+}-mal"
    ),
    "burst": (
        "Von dieser IP-Adresse {comments:kam|kamen} binnen weniger Minuten {comments:+} "
        "{comments:weiterer Kommentar|weitere Kommentare}"
    ),
    # how it was sent
    "form_time": (
        "Das Formular wurde nach {seconds} {seconds:Sekunde|Sekunden} abgeschickt, "
        "schneller als ein Mensch schreibt"
    ),
    "script_missing": (
        "Das Skript des Formulars lief nicht, wie bei Programmen, die Formulare ohne "
        "Browser ausfüllen"
    ),
    "referrer_spam": (
        "Die Website des Absenders oder die Seite, von der er kam, ist als Quelle von "
        "Werbespam bekannt"
    ),
    "own_domain": "Die E-Mail-Adresse gehört zur Domain dieses Blogs, angemeldet war aber niemand",
}


def form(number: float) -> int:
    return 0 if number == 1 else 1


LANGUAGE = Language(
    rulings=RULINGS,
    reasons=REASONS,
    settled=" – das gab den Ausschlag",
    unknown="Ein Merkmal, das diese Version nicht mehr kennt („{name}“)",
    spam=(
        " – das spricht eher für Spam",
        " – das spricht für Spam",
        " – das spricht deutlich für Spam",
    ),
    ham=(
        " – das spricht eher gegen Spam",
        " – das spricht gegen Spam",
        " – das spricht deutlich gegen Spam",
    ),
    neither=" – das fällt nicht ins Gewicht",
    form=form,
    decimal_mark=",",
    group_mark=".",
    percent="\N{NO-BREAK SPACE}%",
    below_one_percent="weniger als 1\N{NO-BREAK SPACE}%",
    at_least="mindestens {}",
)
