"""Briefe auf Deutsch."""

LETTERS = {
    "hello": "Guten Tag,",
    "removed": "Ihr Kommentar auf {site} wurde entfernt",
    "removed.what": "Ihr Kommentar vom {day} auf {site} wird nicht mehr angezeigt.",
    "removed.where": "Er stand hier: {post}",
    "removed.terms": "Der Grund: {title} (Hausregeln, {clause}). {sentence}",
    "removed.law": "Der Grund: Wir halten ihn für rechtswidrig ({clause}: {title}). {sentence}",
    "removed.note": "Die Moderation ergänzt:\n{note}",
    "removed.notice16.found": "Jemand hatte ihn uns gemeldet. Entschieden hat ein Mensch.",
    "removed.own.machine": (
        "Ein automatischer Filter hatte ihn zurückgestellt. Entschieden hat ein Mensch."
    ),
    "removed.own.person": (
        "Die Moderation ist selbst darauf gestoßen. Eine Maschine war nicht beteiligt."
    ),
    "removed.how_long": "Er ist überall ausgeblendet, ohne zeitliche Begrenzung.",
    "removed.appeal": (
        "Halten Sie das für falsch? Bis zum {until} können Sie uns das ohne Anmeldung sagen, dann"
        " sehen wir ihn uns noch einmal an:\n{link}"
    ),
    "removed.court": "Unabhängig davon steht Ihnen der Weg zu den Gerichten offen.",
    "upheld": "Ihr Kommentar auf {site} ist wieder da",
    "upheld.what": (
        "Sie hatten uns gebeten, Ihren Kommentar vom {day} auf {site} noch einmal anzusehen. Sie"
        " hatten recht: Er hätte nicht entfernt werden dürfen, und wir haben ihn"
        " wiederhergestellt. Bitte entschuldigen Sie die Umstände."
    ),
    "dismissed": "Ihr Kommentar auf {site} bleibt entfernt",
    "dismissed.what": (
        "Sie hatten uns gebeten, Ihren Kommentar vom {day} auf {site} noch einmal anzusehen. Ein"
        " Mensch hat das getan; der Kommentar bleibt entfernt."
    ),
    "restored": "Ihr Kommentar auf {site} ist wieder da",
    "restored.what": (
        "wir hatten Ihnen geschrieben, dass Ihr Kommentar vom {day} auf {site} entfernt wurde. Das"
        " ist zurückgenommen: Er wird wieder angezeigt."
    ),
    "received": "Ihre Meldung ist angekommen",
    "received.what": (
        "vielen Dank: Am {day} ist bei uns die Meldung eines Kommentars auf {site} eingegangen,"
        " bei der diese Adresse angegeben war. Ein Mensch sieht sie sich an; keine Maschine"
        " entscheidet. Sie hören von uns, was daraus geworden ist."
    ),
    "received.not_you": "Falls Sie nichts gemeldet haben, brauchen Sie nichts zu tun.",
    "acted": "Was aus Ihrer Meldung geworden ist",
    "acted.removed": (
        "am {day} haben Sie einen Kommentar auf {site} gemeldet. Ein Mensch hat ihn sich"
        " angesehen; er wurde entfernt. Danke für den Hinweis."
    ),
    "acted.kept": (
        "am {day} haben Sie einen Kommentar auf {site} gemeldet. Ein Mensch hat ihn sich angesehen"
        " und entschieden, dass er stehen bleiben kann. Danke trotzdem für den Hinweis."
    ),
    "acted.court": (
        "Wenn Sie das anders sehen, können Sie den Betreibern von {site} schreiben oder sich an ein"
        " Gericht wenden."
    ),
    "told.approve": "Ihr Kommentar wird angezeigt.",
    "told.hold": "Ihr Kommentar wartet darauf, dass ihn sich die Moderation ansieht.",
    "told.machine": (
        "Eine automatische Prüfung hat Ihren Kommentar für unerwünschte Werbung gehalten, deshalb"
        " wird er nicht angezeigt. Falls das ein Irrtum ist, sieht ihn sich ein Mensch an."
    ),
    "told.spam": (
        "Die Moderation hat Ihren Kommentar für unerwünschte Werbung gehalten, deshalb wird er"
        " nicht angezeigt."
    ),
    "told.reject": "Die Moderation hat Ihren Kommentar entfernt.",
    "told.terms": (
        "Die Moderation hat Ihren Kommentar entfernt: {title} (Hausregeln, {clause}). {sentence}"
    ),
    "told.law": (
        "Die Moderation hat Ihren Kommentar als rechtswidrig entfernt ({clause}: {title})."
        " {sentence}"
    ),
    "bye": "{site}\nDiese E-Mail wurde automatisch erstellt.",
}
