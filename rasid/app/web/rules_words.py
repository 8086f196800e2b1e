"""The words of the pages on rules, in Arabic, English and Russian. `{0}`, `{1}` are filled in. Our own text."""

from __future__ import annotations

from rasid.domain.delivery import Language

_WORDS: dict[str, tuple[str, str, str]] = {
    "rules": ("القواعد", "Rules", "Правила"),
    "new_rule": ("قاعدة جديدة", "New rule", "Новое правило"),
    "edit_rule": ("تحرير القاعدة", "Edit rule", "Изменить правило"),
    "language": ("اللغة", "Language", "Язык"),
    "name": ("الاسم", "Name", "Название"),
    "type": ("النوع", "Type", "Тип"),
    "state": ("الحالة", "State", "Состояние"),
    "in_force": ("نافذة", "in force", "действует"),
    "off": ("موقوفة", "switched off", "выключено"),
    "broken": ("معطوبة وغير نافذة", "broken, not in force", "ошибка, не действует"),
    "kept": (
        "معطوبة؛ آخر نسخة سليمة نافذة",
        "broken; its last good version is in force",
        "ошибка; действует последняя верная версия",
    ),
    "alerts_week": ("تنبيهات في 7 أيام", "Alerts in 7 days", "Оповещений за 7 дней"),
    "precision_head": ("الدقة المقيسة", "Measured precision", "Измеренная точность"),
    "precision": ("{0}٪ ({1}–{2}٪، من {3})", "{0} % ({1}–{2} %, of {3})", "{0} % ({1}–{2} %, из {3})"),
    "not_judged": ("لم تُقيَّم", "not judged", "нет оценок"),
    "file": ("الملف", "File", "Файл"),
    "id": ("المعرّف (يسمّي الملف)", "Id (names the file)", "Идентификатор (имя файла)"),
    "query": ("الاستعلام", "Query", "Запрос"),
    "level": ("المستوى", "Level", "Уровень"),
    "low": ("منخفض", "low", "низкий"),
    "normal": ("عادي", "normal", "обычный"),
    "high": ("عالٍ", "high", "высокий"),
    "per_story": ("تنبيه واحد لكل قصة", "One alert a story", "Одно оповещение на сюжет"),
    "enabled": ("نافذة", "In force", "Действует"),
    "preview": ("معاينة", "Preview", "Проверить"),
    "save": ("حفظ", "Save", "Сохранить"),
    "as_text": ("تحرير الملف كنص", "Edit the file as text", "Править файл как текст"),
    "as_form": ("تحرير كاستمارة", "Edit as a form", "Править в форме"),
    "only_text": (
        "في هذا الملف ما لا تعرضه الاستمارة، فيُحرَّر كنص.",
        "This file says more than the form has fields for, so it is edited as text.",
        "В файле есть то, чего нет в форме: он правится как текст.",
    ),
    "comments_stay": (
        "تبقى التعليقات والأسطر الأخرى كما هي.",
        "Comments and all other lines stay as they are.",
        "Комментарии и прочие строки остаются как есть.",
    ),
    "found": ("ما وُجد", "What was found", "Что найдено"),
    "fine": ("لا ملاحظات.", "Nothing to remark.", "Замечаний нет."),
    "line": ("السطر {0}", "line {0}", "строка {0}"),
    "would": (
        "كانت ستنبّه {0} مرة في 7 أيام ({1} مقالًا مطابقًا من {2}).",
        "It would have fired {0} times in 7 days ({1} articles match of {2}).",
        "Сработало бы {0} раз за 7 дней (подходят {1} статей из {2}).",
    ),
    "so_far": (
        "نُظر حتى {0} فقط: الباقي يستغرق وقتًا أطول.",
        "Looked at up to {0} only: the rest takes longer.",
        "Просмотрено только до {0}: остальное дольше.",
    ),
    "approximate": ("عدد تقريبي، من الفهرس.", "Approximate, from the index.", "Приблизительно, по индексу."),
    "busy": (
        "معاينة أخرى جارية؛ حاول بعد لحظات.",
        "Another preview is running; try again in a moment.",
        "Идёт другая проверка; повторите чуть позже.",
    ),
    "samples": ("أمثلة", "Samples", "Примеры"),
    "said": ("نص التنبيه", "What an alert would have said", "Что сказало бы оповещение"),
    "will_be": ("الملف كما سيُحفظ", "The file as it will be saved", "Файл, каким он будет сохранён"),
    "saved": ("حُفظت {0}.", "Saved {0}.", "Сохранено: {0}."),
    "problem": ("خطأ", "error", "ошибка"),
    "warning": ("تنبّه", "look at", "обратите внимание"),
    "names": ("أسماء", "Names", "Имена"),
    "none": ("لا قواعد بعد.", "There are no rules yet.", "Правил пока нет."),
    "keys": (
        "أثناء الكتابة تُقترح أسماء: السهمان للاختيار، وEnter للأخذ، وEsc للإغلاق.",
        "While you type, names are suggested: the arrows choose, Enter takes one, Esc closes the list.",
        "При вводе предлагаются имена: стрелки выбирают, Enter берёт, Esc закрывает список.",
    ),
}  # fmt: skip
_COLUMN: dict[Language, int] = {"ar": 0, "en": 1, "ru": 2}


def word(key: str, language: Language, *values: object) -> str:
    """Give the words for a key, filled in; raises KeyError for one there is not."""
    text = _WORDS[key][_COLUMN[language]]
    for number, value in enumerate(values):
        text = text.replace(f"{{{number}}}", str(value))
    return text
