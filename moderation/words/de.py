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
    "link_flood": "So viele Links, dass ein Mensch nachsehen muss",
    "decided_before": "Über diesen Kommentar hat schon ein Mensch entschieden",
}

REASONS = {
    # the model as a whole
    "prior": "Mit diesem Erfahrungswert beginnt jede Prüfung",
    "words": "Der Wortlaut fällt auf",
    "words/spam": "Der Wortlaut ähnelt bekanntem Spam",
    "words/ham": "Der Wortlaut ähnelt gewöhnlichen Leserkommentaren",
    "other": "Mehrere kleine Merkmale kommen zusammen",
    "site_model": "Das auf den Entscheidungen dieses Blogs trainierte Modell spricht mit",
    "site_adjustment": "Die jüngsten Entscheidungen der Moderation dieses Blogs zählen mit",
    # how the text looks
    "length": "Der Text ist {value:exp:# Zeichen|# Zeichen} lang",
    "capitals": "{value:%} der Buchstaben sind Großbuchstaben",
    "capital_words": "{value:%} der Wörter stehen ganz in Großbuchstaben",
    "digits": "Ziffern machen {value:%} des Textes aus",
    "exclamations": (
        "Der Text enthält {value:few:kein Ausrufezeichen|# Ausrufezeichen|# Ausrufezeichen}"
    ),
    "questions": "Der Text enthält {value:few:kein Fragezeichen|# Fragezeichen|# Fragezeichen}",
    "money_signs": (
        "Der Text enthält {value:few:kein Währungszeichen|# Währungszeichen|# Währungszeichen}"
    ),
    "pictures": "Der Text enthält {value:few:kein Emoji|# Emoji|# Emojis}",
    "lines": "Der Text hat {value:few:keinen Zeilenumbruch|# Zeilenumbruch|# Zeilenumbrüche}",
    "repeated_words": "Wörter wiederholen sich öfter, als bei dieser Textlänge üblich ist",
    "repeated_words/none": "Wörter wiederholen sich nicht auffällig oft",
    "longest_run": "Ein Zeichen wird auffällig oft hintereinander wiederholt",
    "longest_run/none": "Kein Zeichen wird auffällig oft hintereinander wiederholt",
    "unpronounceable_words": "{value:%} der Wörter sind unaussprechliche Buchstabenfolgen",
    "unpronounceable_words/none": "Kein Wort ist eine unaussprechliche Buchstabenfolge",
    # disguise
    "invisible_characters": (
        "Im Text {value:few:steckt kein unsichtbares Zeichen|steckt # unsichtbares Zeichen|"
        "stecken # unsichtbare Zeichen}"
    ),
    "stacked_marks": (
        "Auf den Buchstaben {value:few:sitzt kein überflüssiges Zusatzzeichen|"
        "sitzt # überflüssiges Zusatzzeichen|sitzen # überflüssige Zusatzzeichen}"
    ),
    "look_alikes": (
        "{value:few:Kein Wort enthält|# Wort enthält|# Wörter enthalten} ähnlich aussehende "
        "Buchstaben eines anderen Alphabets"
    ),
    "mixed_scripts": "{value:few:Kein Wort mischt|# Wort mischt|# Wörter mischen} zwei Alphabete",
    # links and contacts in the text
    "has_link": "Im Text steht ein Link",
    "has_link/none": "Im Text steht kein Link",
    "links": (
        "Der Text enthält {value:few:höchstens einen Link|einen Link und # weiteren|"
        "einen Link und # weitere}"
    ),
    "link_share": "Links machen {value:%} des Textes aus",
    "link_at_end": "Der Text endet mit einem Link",
    "link_at_end/none": "Der Text endet nicht mit einem Link",
    "shorteners": (
        "{value:few:Kein Link läuft|# Link läuft|# Links laufen} über einen Kurzlink-Dienst"
    ),
    "messenger_links": (
        "{value:few:Kein Link führt|# Link führt|# Links führen} in einen Messenger wie "
        "Telegram oder WhatsApp"
    ),
    "reference_links": (
        "{value:few:Kein Link führt|# Link führt|# Links führen} zu Nachschlagewerken, Zeitungen, "
        "Behörden oder zu diesem Blog"
    ),
    "profile_links": (
        "{value:few:Kein Link führt|# Link führt|# Links führen} zu Profilen, Kanälen oder "
        "Angeboten auf großen Plattformen"
    ),
    "free_host_links": (
        "{value:few:Kein Link führt|# Link führt|# Links führen} zu Gratis-Websites, wie sie "
        "jeder schnell anlegt"
    ),
    "cheap_domain_links": (
        "{value:few:Kein Link führt|# Link führt|# Links führen} zu billigen Domain-Endungen"
    ),
    "commercial_links": (
        "{value:few:Kein Link trägt|# Link trägt|# Links tragen} ein Werbewort in der Adresse"
    ),
    "home_page_link": "Ein Link im Text führt auf eine Startseite statt auf eine bestimmte Seite",
    "home_page_link/none": "Kein Link im Text führt auf eine bloße Startseite",
    "bare_domains": (
        "Der Text nennt {value:few:keine Internetadresse ohne Link|# Internetadresse ohne Link|"
        "# Internetadressen ohne Link}"
    ),
    "html_tags": "Der Text enthält {value:few:keine HTML-Tags|# HTML-Tag|# HTML-Tags}",
    "bbcode": (
        "Der Text enthält {value:few:keine Forencodes wie [url]|# Forencode wie [url]|"
        "# Forencodes wie [url]}"
    ),
    "typographic_quotes": (
        "{value:few:Kein Link steht|# Link steht|# Links stehen} in Anführungszeichen, wie sie "
        "Textprogramme setzen"
    ),
    "escaped_html": (
        "Der Text zeigt {value:few:keinen HTML-Code im Klartext|# HTML-Tag im Klartext|"
        "# HTML-Tags im Klartext}"
    ),
    "mail_addresses": (
        "Der Text nennt {value:few:keine E-Mail-Adresse|# E-Mail-Adresse|# E-Mail-Adressen}"
    ),
    "phone_numbers": (
        "Der Text nennt {value:few:keine Telefonnummer|# Telefonnummer|# Telefonnummern}"
    ),
    "handles": (
        "Der Text nennt {value:few:keinen Kontonamen mit @|# Kontonamen mit @|# Kontonamen mit @}"
    ),
    # what the text is about
    "commercial_words": (
        "Der Text enthält {value:few:kein typisches Werbewort|# typisches Werbewort|"
        "# typische Werbewörter}"
    ),
    "commercial_density": "Werbewörter machen {value:%} des Textes aus",
    "money_words": (
        "{value:few:Kein Wort|# Wort|# Wörter} im Text {value:few:handelt|handelt|handeln} von Geld"
    ),
    "contact_words": (
        "{value:few:Kein Wort fordert|# Wort fordert|# Wörter fordern} dazu auf, sich zu melden"
    ),
    "appeals": (
        "{value:few:Niemand wird gebeten|Einmal wird gebeten|#-mal wird gebeten}, dem Absender zu "
        "folgen, ihn zu besuchen oder zu unterstützen"
    ),
    "praise": "Lob und Worte über die Seite selbst machen {value:%} des Textes aus",
    "says_nothing_of_post": "Der Text greift nichts aus dem Beitrag auf",
    "says_nothing_of_post/none": "Der Text ist kurz oder greift etwas aus dem Beitrag auf",
    "words_of_post": (
        "Der Text teilt {value:few:kein Wort|# Wort|# Wörter} mit Titel, Adresse oder "
        "Schlagwörtern des Beitrags"
    ),
    "generic_praise": "Das Lob würde unter jeden Beitrag passen",
    "generic_praise/none": "Der Text ist kein Lob, das unter jeden Beitrag passt",
    "other_language": "Der Text ist überwiegend in einer anderen Sprache als der Blog geschrieben",
    "other_language/none": "Nichts deutet auf eine andere Sprache als die des Blogs hin",
    "other_script": "Der Text verwendet eine Schrift, in der der Blog nicht schreibt",
    "other_script/none": "Der Text steht in der Schrift des Blogs",
    # the author's name
    "nameless": "Der Absender nennt keinen Namen",
    "nameless/none": "Der Absender nennt einen Namen",
    "author_words": "Der Name besteht aus mehr als zwei Wörtern",
    "author_words/none": "Der Name besteht aus höchstens zwei Wörtern",
    "author_digits": "Der Name enthält Ziffern",
    "author_digits/none": "Der Name enthält keine Ziffern",
    "author_commercial": "Der Name enthält Werbewörter",
    "author_commercial/none": "Der Name enthält keine Werbewörter",
    "author_camels": "Im Namen stehen Großbuchstaben mitten im Wort",
    "author_camels/none": "Im Namen stehen keine Großbuchstaben mitten im Wort",
    "author_is_address": "Als Name steht dort eine Internetadresse",
    "author_is_address/none": "Der Name ist keine Internetadresse",
    "author_mixed_scripts": "Der Name mischt zwei Alphabete",
    "author_mixed_scripts/none": "Der Name bleibt bei einem Alphabet",
    "author_small": "Der Name ist kleingeschrieben wie eine Suchanfrage",
    "author_small/none": "Der Name ist nicht geschrieben wie eine Suchanfrage",
    "author_in_text": "Der Name kommt im Text vor",
    "author_in_text/none": "Der Name kommt im Text nicht vor",
    # the author's link
    "author_link": "Der Absender gibt eine Website an",
    "author_link/none": "Der Absender gibt keine Website an",
    "author_link_depth": "Als Website ist eine Unterseite angegeben",
    "author_link_depth/none": "Als Website ist keine Unterseite angegeben",
    "author_link_commercial": "Die Adresse der Website enthält Werbewörter",
    "author_link_commercial/none": "Die Adresse der Website enthält keine Werbewörter",
    "author_link_hyphens": "Die Adresse der Website enthält Bindestriche",
    "author_link_hyphens/none": "Die Adresse der Website enthält keine Bindestriche",
    "author_link_digits": "Der Domainname der Website enthält Ziffern",
    "author_link_digits/none": "Der Domainname der Website enthält keine Ziffern",
    "author_link_cheap": "Die Website hat eine billige Domain-Endung",
    "author_link_cheap/none": "Die Website hat keine billige Domain-Endung",
    "author_link_reference": "Als Website ist ein bekannter Dienst oder dieser Blog angegeben",
    "author_link_reference/none": "Als Website ist kein bekannter Dienst angegeben",
    "author_link_free_host": "Die Website liegt bei einem Gratis-Anbieter",
    "author_link_free_host/none": "Die Website liegt nicht bei einem Gratis-Anbieter",
    "author_link_shortener": "Als Website ist ein Kurzlink oder ein Messenger angegeben",
    "author_link_shortener/none": "Als Website ist kein Kurzlink und kein Messenger angegeben",
    "author_link_query": "Die Adresse der Website trägt Zusätze hinter einem Fragezeichen",
    "author_link_query/none": (
        "Die Adresse der Website trägt keine Zusätze hinter einem Fragezeichen"
    ),
    "author_link_in_text": "Die Website des Absenders steht auch im Text",
    "author_link_in_text/none": "Die Website des Absenders steht nicht im Text",
    "author_in_link": "Der Name kommt in der Adresse der Website vor",
    "author_in_link/none": "Der Name kommt in der Adresse der Website nicht vor",
    "keyword_link": "Name und Website enthalten beide Werbewörter",
    "keyword_link/none": "Name und Website enthalten nicht beide Werbewörter",
    "praise_with_link": "Der Text lobt, und der Absender gibt dazu eine Website an",
    "praise_with_link/none": "Lob und Website kommen nicht zusammen",
    # the author's e-mail address
    "disposable_mail": "Die E-Mail-Adresse ist eine Wegwerfadresse",
    "disposable_mail/none": "Die E-Mail-Adresse ist keine bekannte Wegwerfadresse",
    "free_mail": "Die E-Mail-Adresse liegt bei einem großen Gratis-Anbieter",
    "free_mail/none": "Die E-Mail-Adresse liegt nicht bei einem großen Gratis-Anbieter",
    "mail_of_link": "E-Mail-Adresse und Website gehören zur selben Domain",
    "mail_of_link/none": "E-Mail-Adresse und Website gehören nicht zur selben Domain",
    # how it came
    "pingback": "Es ist ein Ping- oder Trackback, kein Kommentar",
    "pingback/none": "Es ist ein Kommentar, kein Ping- oder Trackback",
    # what is known from before
    "approved_author": (
        "Ein Kommentar mit diesem Namen und dieser E-Mail-Adresse wurde schon freigegeben"
    ),
    "spam_address": "Von dieser IP-Adresse kam schon einmal Spam",
    "same_text": (
        "Derselbe Text kam in den letzten Stunden unter anderen Beiträgen schon "
        "{comments:+:#-mal|#-mal}"
    ),
    "near_text": (
        "Fast derselbe Text kam in den letzten Stunden unter anderen Beiträgen schon "
        "{comments:+:#-mal|#-mal}"
    ),
    "burst": (
        "Von dieser IP-Adresse {comments:+:kam binnen weniger Minuten # weiterer Kommentar|"
        "kamen binnen weniger Minuten # weitere Kommentare}"
    ),
    # how it was sent
    "form_time": (
        "Das Formular wurde nach {seconds:# Sekunde|# Sekunden} abgeschickt, "
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
    forms=2,
    form=form,
    decimal_mark=",",
    group_mark=".",
    percent="\N{NO-BREAK SPACE}%",
    below_one_percent="weniger als 1\N{NO-BREAK SPACE}%",
    at_least="mindestens {}",
)
