"""Names of months, weekdays and time zones in dates of feeds, folded as `ingest.parsing.dates` folds them.

Months and weekdays: Unicode CLDR's names and abbreviations (Arabic in its Levantine, Egyptian and Maghrebi forms).
Zones: RFC 822 section 5.1, RFC 2822 section 4.3 and the tz database's abbreviations where they mean one thing in feeds.
"""

from __future__ import annotations

from typing import Final

_MONTHS: Final = """
1 jan january янв январь января يناير جانفي ocak oca січня січ janvier januar
2 feb february фев февр февраль февраля فبراير فيفري شباط şubat şub лютого лют février februar
3 mar march мар март марта مارس اذار mart березня бер mars märz
4 apr april апр апрель апреля ابريل افريل نيسان nisan nis квітня квіт avril
5 may май мая مايو ماي ايار mayıs травня трав mai
6 jun june июн июнь июня يونيو يونيه جوان حزيران haziran haz червня черв juin juni
7 jul july июл июль июля يوليو يوليه يوليوز جويلية تموز temmuz tem липня лип juillet juli
8 aug august авг август августа اغسطس غشت اوت اب ağustos ağu серпня серп août
9 sep sept september сен сент сентябрь сентября سبتمبر شتنبر ايلول eylül eyl вересня вер septembre
10 oct october окт октябрь октября اكتوبر تشرين١ ekim eki жовтня жовт octobre oktober
11 nov november ноя нояб ноябрь ноября نوفمبر نونبر تشرين٢ kasım kas листопада лист novembre
12 dec december дек декабрь декабря ديسمبر دجنبر كانون١ aralık ara грудня груд décembre dezember
1 كانون٢
"""
MONTHS: Final[dict[str, int]] = {
    name: int(line.split()[0]) for line in _MONTHS.strip().splitlines() for name in line.split()[1:]
}

# Two words that make one month; joined before the text is cut into words.
LEVANTINE: Final[dict[str, str]] = {
    "تشرين الاول": "تشرين١",
    "تشرين الثاني": "تشرين٢",
    "تشرين ثاني": "تشرين٢",
    "تشرين اول": "تشرين١",
    "كانون الاول": "كانون١",
    "كانون الثاني": "كانون٢",
    "كانون ثاني": "كانون٢",
    "كانون اول": "كانون١",
}

_IGNORED_LIST: Final = """
    mon tue tues wed wednes thu thur thurs fri sat satur sun
    monday tuesday wednesday thursday friday saturday sunday
    пн вт ср чт пт сб вс понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье
    الاحد الاثنين الثلاثاء الاربعاء الخميس الجمعة السبت احد اثنين ثلاثاء اربعاء خميس جمعة سبت يوم
    pazartesi salı çarşamba perşembe cuma cumartesi pazar
    понеділок вівторок середа четвер пятниця субота неділя
    montag dienstag mittwoch donnerstag freitag samstag sonntag
    lundi mardi mercredi jeudi vendredi samedi dimanche
    at of the on st nd rd th в во г года год час часов الساعة في من عام سنة بتوقيت etc
"""
IGNORED: Final = frozenset(_IGNORED_LIST.split())

PM: Final = frozenset({"pm", "p.m", "م", "مساء", "вечера"})
AM: Final = frozenset({"am", "a.m", "ص", "صباحا", "утра"})

_OFFSETS: Final = """
0 ut utc gmt z wet غرينتش غرينيتش جرينتش гринвичу
60 cet bst west wat met
120 cest eet mest sast cat
180 eest trt idt eat arst ksa
210 irst
240 gst samt azt amt get
270 irdt aft
300 pkt yekt uzt
330 slst
345 npt
360 omst bdt
420 krat wib ict novt
480 hkt sgt awst pht irkt myt
540 jst kst yakt
570 acst
600 aest vlat
630 acdt
660 aedt magt
720 nzst pett
780 nzdt
-120 brst
-180 brt art adt
-210 nst
-150 ndt
-240 edt clt
-300 est cdt pet cot
-360 cst mdt
-420 mst pdt
-480 pst akdt
-540 akst
-600 hst
"""
OFFSETS: Final[dict[str, int]] = {
    name: int(line.split()[0]) for line in _OFFSETS.strip().splitlines() for name in line.split()[1:]
}  # minutes east of UTC

# Abbreviations that stand for a place's clock, whatever the season or the year's law.
PLACES: Final[dict[str, str]] = {
    "msk": "Europe/Moscow",
    "msd": "Europe/Moscow",
    "мск": "Europe/Moscow",
    "москве": "Europe/Moscow",
    "موسكو": "Europe/Moscow",
    "دمشق": "Asia/Damascus",
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}

# These mean several things hours apart; the first reading is taken and said.
AMBIGUOUS: Final[dict[str, tuple[int, str]]] = {
    "ast": (-240, "Atlantic time (UTC-4), though Arabia's would be UTC+3"),
    "ist": (330, "India's time (UTC+5:30), though Israel's would be UTC+2"),
}
