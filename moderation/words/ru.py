"""Russian."""

from moderation.words import Language

RULINGS = {
    "guaranteed_spam": (
        "Имя или адрес почты — проверочное значение, которое всегда считается спамом"
    ),
    "moderating_role": "Автор сам вправе модерировать комментарии (роль «{role}»)",
    "allow_list": "Сработала запись из белого списка",
    "allow_list/word": "«{entry}» есть в белом списке",
    "allow_list/domain": "Домен {entry} есть в белом списке",
    "allow_list/address": "IP-адрес есть в белом списке",
    "allow_list/email": "Адрес почты есть в белом списке",
    "allow_list/pattern": "Сработал шаблон из белого списка: {entry}",
    "block_list": "Сработала запись из чёрного списка",
    "block_list/word": "«{entry}» есть в чёрном списке",
    "block_list/domain": "Домен {entry} есть в чёрном списке",
    "block_list/address": "IP-адрес есть в чёрном списке",
    "block_list/email": "Адрес почты есть в чёрном списке",
    "block_list/pattern": "Сработал шаблон из чёрного списка: {entry}",
    "honeypot": "Заполнено поле формы, которого люди не видят",
    "decided_before": "По этому комментарию уже принял решение человек",
}

REASONS = {
    # the model as a whole
    "prior": "С этой исходной оценки начинается любая проверка",
    "words": "Текст выделяется выбором слов",
    "words/spam": "Текст похож на известный спам",
    "words/ham": "Текст похож на обычные комментарии читателей",
    "other": "Сложились вместе несколько мелких признаков",
    # what is known from before
    "approved_author": "Комментарий с этим именем и адресом почты уже одобряли",
    "spam_address": "С этого IP-адреса уже приходил спам",
    "same_text": (
        "Такой же текст за последние часы приходил под другими записями {comments:+} "
        "{comments:раз|раза|раз}"
    ),
    "near_text": (
        "Почти такой же текст за последние часы приходил под другими записями {comments:+} "
        "{comments:раз|раза|раз}"
    ),
    "burst": (
        "С этого IP-адреса за несколько минут пришло ещё {comments:+} "
        "{comments:комментарий|комментария|комментариев}"
    ),
    # how it was sent
    "form_time": (
        "Форму отправили через {seconds} {seconds:секунду|секунды|секунд} — быстрее, чем "
        "пишет человек"
    ),
    "script_missing": (
        "Скрипт формы не сработал, как бывает у программ, которые заполняют формы без браузера"
    ),
    "referrer_spam": (
        "Сайт отправителя или страница, с которой он пришёл, — известный источник рекламного спама"
    ),
    "own_domain": "Адрес почты относится к домену этого блога, но автор не вошёл в систему",
}


TEENS = range(11, 15)  # 11 to 14 take the form of many


def form(number: float) -> int:
    """One, few (which fractions take as well: "1,5 секунды"), many."""
    if not float(number).is_integer():
        return 1
    if number % 100 in TEENS:
        return 2
    return {1: 0, 2: 1, 3: 1, 4: 1}.get(number % 10, 2)


LANGUAGE = Language(
    rulings=RULINGS,
    reasons=REASONS,
    settled=": это и решило дело",
    unknown="Признак, которого эта версия уже не знает («{name}»)",
    spam=(
        "; это скорее похоже на спам",
        "; это похоже на спам",
        "; это очень похоже на спам",
    ),
    ham=(
        "; это скорее не похоже на спам",
        "; это не похоже на спам",
        "; это совсем не похоже на спам",
    ),
    neither="; на оценку это не влияет",
    form=form,
    decimal_mark=",",
    group_mark="\N{NO-BREAK SPACE}",
    percent="\N{NO-BREAK SPACE}%",
    below_one_percent="меньше 1\N{NO-BREAK SPACE}%",
    at_least="не менее {}",
)
