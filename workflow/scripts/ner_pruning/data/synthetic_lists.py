"""Native words and sentence patterns of the languages that the synthetic corpus can be made in.

A pattern is a line of words with slots in braces. In `entries`, `places`, `schools`, `institutions`, `clubs` and
`companies` the slots stand for parts of a name (first, middle, last, occupation, city, country), and the whole line is
one mention. In `sentences` a slot is a mention, a year or a number, and the other words are outside mentions. Where a
language inflects names, sentences keep them in the basic form by a noun beside them ("в городе …", "… या देशातील").
"""

from dataclasses import dataclass

COUNTRIES = (
    "AD AF AL AM AO AR AT AU AZ BB BD BE BF BG BI BJ BN BO BR BT BW BY BZ CA CL CM CN CO CR CU CY DE DJ DK DZ EC EE EG "
    "ER ES ET FI FR GA GD GE GH GN GQ GR GT GY HN HR HT HU ID IE IL IN IS IT JM JO JP KE KG KH KW KZ LA LR LS LT LU LV "
    "LY MA MC MD ME MG ML MT MU MW MX MY MZ NA NG NI NO NP NR NZ OM PA PE PG PK PL PT PY QA RO RS RU RW SA SE SG SI SL "
    "SM SO SR SV SZ TG TH TJ TL TM TN TO TT TV TZ UG UY UZ VE VN VU WS ZA ZM ZW"
)
"""ISO 3166 codes, parted by spaces, of countries whose English and German names take no article."""

FRAMES = (
    *["{any}"] * 6,
    *["' '' {any} '' '"] * 3,
    *["{redirect} {any}"] * 2,
    "** {any}",
    "== {any} ==",
    "{any} ( {year} )",
    "'' {any} '' ( {years} )",
    "{any} – {any}",
)
"""Lines without any word of the language, as wiki markup leaves them; a repeated line is drawn as often."""


@dataclass(frozen=True)
class Lists:
    """What a language's synthetic sentences are made of; see the module's description for patterns."""

    faker: str  # Faker locale of first names, and of surnames unless given
    redirect: str
    cities: str
    occupations: str
    entries: str  # persons as headwords
    places: str
    schools: str
    institutions: str
    clubs: str
    companies: str
    sentences: str
    surnames: str = ""
    feminine: str = ""  # ending that turns a given surname into a woman's


MARKUP = Lists(
    faker="en_US",
    redirect="REDIRECT",
    cities="",
    occupations="",
    entries="{first} {last}\n{first} {middle} {last}",
    places="{city} , {country}\n{city} – {city}",
    schools="{city} ( {last} )",
    institutions="{country} ( FIFA )\n{country} ( UNESCO )\n{city} ( {country} )",
    clubs="FC {city}\n{city} FC",
    companies="{last} & {last}\nRadio {city}\nAir {country}",
    sentences="",
)
"""Of a language without word lists: names that hardly any language writes in words of its own, and no sentences."""

LISTS = {
    "en": Lists(
        faker="en_US",
        redirect="REDIRECT",
        cities="London, Boston, Lincoln, Washington, Chester, Durham, Houston, Austin, Bristol, Leeds, "
        "Liverpool, York, Manchester, New York, San Diego, Jackson, Madison, Sheffield, Oxford, "
        "Glasgow, Salt Lake City, Newcastle, Portsmouth, Plymouth, Kansas City, Preston, Reading, "
        "Santa Fe, Burnley, Dallas",
        occupations="actor, politician, footballer, singer, cricketer, writer, poet, physicist",
        entries="{first} {last}\n{first} {middle} {last}\n{first} {last} ( {occupation} )",
        places="{city} , {country}\n{city} County\nLake {last}\n{last} Island\n{city} Township\n"
        "North {city}\nPort {last}\nMount {last}\n{city} Bay",
        schools="University of {city}\n{last} College\n{city} High School\n{city} School of Medicine",
        institutions="{city} Museum of Art\nMinistry of Health ( {country} )\nParliament of {country}\n"
        "{city} City Council\n{country} national football team\n{last} Foundation\n"
        "Supreme Court of {country}\nLiberal Party of {country}\nRoyal Society of {city}",
        clubs="FC {city}\n{city} United\n{city} Rovers\n{city} F.C.\n{city} Tigers\n{last} Athletic\n{city} City",
        companies="{last} & {last}\n{last} Inc.\nBank of {city}\n{last} Records\nAir {country}\n"
        "The {city} Times\n{last} Motor Company\n{city} Railway\n{last} Press",
        sentences="""{person} was born in {city} in {year} .
{person} was born in {city} , {country} .
He played for {club} and {club} .
She studied at {school} .
{person} joined {company} in {year} .
The headquarters of {company} is located in {city} .
{team} defeated {team} in the final .
{club} signed {person} from {club} .
{person} ( born {year} ) , actor
It is located near {city} in {region} .
The film was directed by {person} and stars {person} .
{surname} moved to {city} with his family .
{city} is a city in {country} .
{institution} was founded in {year} by {person} .
{city} is twinned with {city} and {city} .
According to {surname} , the species is found in {country} and {country} .
{person} , {person} and {person}
{country} / {country}
The match between {team} and {club} was played in {city} .
{company} was sold to {company} for {number} million .
In {year} he was appointed professor at {school} .
He was elected president of {institution} in {year} .
{person} lost to {person} in the semifinal .
** {city} ( embassy )
The government was led by {surname} until {year} .
The road passes {region} .
{surname} left {team} after {number} games .""",
    ),
    "de": Lists(
        faker="de_DE",
        redirect="WEITERLEITUNG",
        surnames="Müller, Schmidt, Schneider, Fischer, Weber, Meyer, Wagner, Becker, Schulz, Hoffmann, Koch, "
        "Bauer, Richter, Klein, Wolf, Schröder, Neumann, Schwarz, Zimmermann, Braun, Krüger, Hartmann, "
        "Lange, Werner, Krause, Lehmann, Köhler, Maier, König, Huber, Kaiser, Fuchs, Scholz, Möller, "
        "Weiß, Jung, Hahn, Vogel, Keller, Günther, von Arnim, von Weizsäcker",
        cities="Berlin, Hamburg, München, Köln, Frankfurt am Main, Stuttgart, Düsseldorf, Leipzig, "
        "Dortmund, Essen, Bremen, Dresden, Hannover, Nürnberg, Duisburg, Bochum, Bielefeld, Bonn, "
        "Münster, Karlsruhe, Mannheim, Augsburg, Wiesbaden, Bad Homburg, Halle, Freiburg, Lübeck, "
        "Erfurt, Rostock, Bad Kreuznach",
        occupations="Schauspieler, Politiker, Fußballspieler, Maler, Komponist, Schriftsteller, Historiker",
        entries="{first} {last}\n{first} {last}\n{first} {last} ( {occupation} )",
        places="{city} ( {country} )\nLandkreis {city}\nBistum {city}\n{last}see\nKanton {city}\n"
        "Schloss {last}\nBahnhof {city}\nBurg {last}\nInsel {last}",
        schools="Universität {city}\nTechnische Universität {city}\nHochschule {city}\n{last}-Schule",
        institutions="Landgericht {city}\nMuseum {last}\nBundesministerium für Gesundheit\n"
        "Kommunistische Partei ( {country} )\nStadttheater {city}\nOper {city}\n{last}-Stiftung\n"
        "Akademie der Künste {city}",
        clubs="FC {city}\nVfB {city}\nSV {city}\n1. FC {city}\nEintracht {city}\nBorussia {city}\nTSV {last}",
        companies="{last} AG\n{last} GmbH\n{last} & {last}\nStadtwerke {city}\nSparkasse {city}\n"
        "Verlag {last}\n{last} Versicherung\nNeue Zeitung {city}\nBrauerei {last}",
        sentences="""{person} wurde {year} in {city} geboren .
{person} wurde in {city} , {country} , geboren .
Er spielte für {club} und {club} .
Sie studierte an der {school} .
{person} arbeitet seit {year} bei {company} .
Der Sitz der Firma {company} ist in {city} .
{team} gewann im Finale gegen {team} .
Der Verein {club} verpflichtete {person} von {club} .
{man} ( * {year} ) , Schauspieler
Das Dorf liegt bei {city} in {country} .
Regie führte {person} , die Hauptrolle spielte {person} .
{surname} zog mit seiner Familie nach {city} .
{city} ist eine Stadt in {country} .
Zu den Gründern gehörten {person} und {person} .
Partnerstädte sind {city} , {city} und {city} .
Nach {surname} kommt die Art in {country} und {country} vor .
Danach kehrte er wieder nach {country} zurück .
{country} / {country}
Das Spiel zwischen {team} und {club} fand in {city} statt .
Die Firma {company} wurde {year} von {company} übernommen .
Seit {year} lehrt er an der {school} .
Die Einrichtung {institution} hat ihren Sitz in {city} .
Quelle : {institution}
{person} verlor im Halbfinale gegen {person} .
** {city} ( Botschaft )
Die Regierung wurde bis {year} von {surname} geführt .
Die Aufnahmen entstanden in {city} ( {region} ) .
{surname} verließ {team} nach {number} Spielen .""",
    ),
    "ru": Lists(
        faker="ru_RU",
        redirect="ПЕРЕНАПРАВЛЕНИЕ",
        cities="Москва, Санкт-Петербург, Новосибирск, Казань, Омск, Самара, Уфа, Пермь, Воронеж, "
        "Волгоград, Саратов, Тюмень, Ижевск, Барнаул, Иркутск, Хабаровск, Ярославль, Владивосток, "
        "Томск, Рязань, Нижний Новгород, Пенза, Тула, Киров, Орёл, Великий Новгород, Смоленск, Тверь, "
        "Ростов-на-Дону, Псков",
        occupations="актёр, политик, футболист, художник, поэт, физик, лётчик",
        entries="{last} , {first}\n{last} , {first} {middle}\n{first} {last}\n{last} , {first} ( {occupation} )",
        places="{city} ( {country} )\nОстров {city}\nОзеро {city}\nРайон {city}\nСтанция {city}\n"
        "Провинция {city}\nПосёлок {city}\nУезд {city}\nМыс {city}",
        schools="Университет города {city}\nИнститут физики ( {city} )\n"
        "Медицинский университет ( {city} )\nПедагогический институт города {city}",
        institutions="Музей города {city}\nМинистерство культуры ( {country} )\n"
        "Социалистическая партия ( {country} )\nДраматический театр города {city}\n"
        "Верховный суд ( {country} )\nСборная по футболу ( {country} )\nКонсерватория города {city}\n"
        "Академия наук ( {country} )",
        clubs="Динамо ( {city} )\nСпартак ( {city} )\nФК {city}\nХК {city}\nЛокомотив ( {city} )\nТорпедо ( {city} )",
        companies="Банк {city}\n{last} и партнёры\nЗавод {city}\nИздательство {last}\nАвиалинии {city}\n"
        "Торговый дом {last}\nГазета {city}\n{last} и {last}",
        sentences="""{man} родился в {year} году в городе {city} .
{woman} родилась в городе {city} ( {country} ) .
Выступал за клубы {club} и {club} .
Окончил {school} .
{school} открыт в {year} году .
Источник — {institution}
{person} работает в компании {company} с {year} года .
Штаб-квартира компании {company} расположена в городе {city} .
Матч {team} – {team} завершился вничью .
Перешёл в клуб {club} из клуба {club} .
{person} ( род . {year} ) — заслуженный артист .
Село находится недалеко от города {city} ( {region} ) .
Режиссёр фильма — {person} , в главной роли {person} .
Как пишет {surname} , книга имела большой успех .
{city} — город в стране {country} .
{institution} находится в городе {city} .
Города-побратимы : {city} , {city} , {city} .
Вид распространён в таких странах , как {country} и {country} .
Автор сценария — {person}
{country} / {country}
В турнире участвуют {country} , {country} и {country} .
Компания {company} купила компанию {company} .
Похоронен в городе {city} .
В финале {person} выигрывает со счётом 6 : 4 .
** {city} ( посольство )
Председатель правительства — {surname}
Место рождения : {region}
В {year} году {man} переехал в город {city} .
{woman} живёт и работает в городе {city} .
Лучший игрок команды {team} — {surname} .""",
    ),
    "bg": Lists(
        faker="bg_BG",
        redirect="пренасочване",
        surnames="Иванов, Георгиев, Димитров, Петров, Николов, Христов, Стоянов, Тодоров, Илиев, "
        "Василев, Атанасов, Петков, Ангелов, Колев, Йорданов, Маринов, Попов, Костов, Стефанов, "
        "Добрев, Велев, Ганчев, Митев, Русев, Кръстев, Станчев, Бонев, Цветков, Ботев, Вазов, "
        "Каравелов, Раковски, Благоев, Бойчев, Генов, Лазаров",
        feminine="а",
        cities="София, Пловдив, Варна, Бургас, Русе, Стара Загора, Плевен, Сливен, Добрич, Шумен, "
        "Перник, Хасково, Ямбол, Пазарджик, Благоевград, Велико Търново, Враца, Габрово, Видин, "
        "Монтана, Кюстендил, Кърджали, Ловеч, Разград, Силистра, Смолян, Горна Оряховица, Карлово, "
        "Самоков, Несебър",
        occupations="актьор, политик, футболист, художник, певец, писател",
        entries="{first} {last}\n{first} {last}\n{first} {last} ( {occupation} )",
        places="{city} ( {country} )\nОбласт {city}\nОстров {last}\nЕзеро {city}\nОбщина {city}\n"
        "Връх {last}\nЛетище {city}\nКвартал {last}\nСело {city}",
        schools="Университет {city}\nГимназия {last}\nМедицински университет {city}\nАкадемия за музика ( {city} )",
        institutions="Министерство на финансите на {country}\nТеатър {last}\nИсторически музей {city}\n"
        "Комунистическа партия ( {country} )\nНародно събрание на {country}\nФондация {last}\n"
        "Читалище {last}\nНационален отбор на {country}\nОпера {city}\nАкадемия на науките ( {city} )",
        clubs="Ботев ( {city} )\nФК {city}\nЛевски ( {city} )\nЛокомотив ( {city} )\nСпартак {city}\nЧерно море {city}",
        companies="{last} ООД\nБанка {city}\n{last} и {last}\nРадио {city}\nИздателство {last}\n"
        "Завод {last}\nАвиолинии {country}\nВестник {city}",
        sentences="""{man} е роден в {city} през {year} г .
{woman} е родена в {city} , {country} .
Играе за {club} и {club} .
Следва в {school} .
{person} работи за {company} от {year} г .
Седалището на {company} се намира в {city} .
{team} побеждава {team} на финала .
През {year} г . преминава от {club} в {club} .
{man} ( р . {year} ) , български актьор
Намира се близо до {city} , {country} .
Режисьор на филма е {person} , а главната роля изпълнява {person} .
Според {surname} това е невъзможно .
{city} е град в {country} .
{school} отваря врати през {year} г .
{institution} се намира в {city} .
Побратимени градове са {city} , {city} и {city} .
Видът е разпространен в {country} и {country} .
Той е брат на {person} .
{country} / {country}
Мачът между {team} и {club} се играе в {city} .
{company} купува {company} за {number} милиона .
Умира в {city} през {year} г .
{person} губи от {person} на полуфинала .
** {city} ( посолство )
Правителството се води от {surname} до {year} г .
Пътят минава през {region} .
Книгата е издадена от {company} .
{surname} напуска {team} след {number} мача .""",
    ),
    "hi": Lists(
        faker="hi_IN",
        redirect="अनुप्रेषित",
        surnames="शर्मा, वर्मा, गुप्ता, सिंह, कुमार, यादव, मिश्रा, तिवारी, पाण्डेय, चौहान, राठौर, "
        "अग्रवाल, जैन, मेहता, कपूर, खन्ना, मल्होत्रा, भाटिया, सक्सेना, श्रीवास्तव, त्रिपाठी, द्विवेदी, "
        "जोशी, भट्ट, नेगी, रावत, ठाकुर, चौधरी, खान, अंसारी, बनर्जी, चटर्जी, घोष, नायर, रेड्डी, पटेल",
        cities="दिल्ली, मुंबई, कोलकाता, चेन्नई, लखनऊ, कानपुर, जयपुर, भोपाल, इंदौर, पटना, वाराणसी, आगरा, "
        "मेरठ, प्रयागराज, नई दिल्ली, रायपुर, रांची, देहरादून, जबलपुर, ग्वालियर, उदयपुर, जोधपुर, "
        "अमृतसर, चंडीगढ़, गोरखपुर, बरेली, टिहरी गढ़वाल, सवाई माधोपुर, नैनीताल, मथुरा",
        occupations="अभिनेता, राजनीतिज्ञ, क्रिकेटर, साहित्यकार, गायक, वैज्ञानिक",
        entries="{first} {last}\n{first} {last}\n{first} {middle} {last}\n{first} {last} ( {occupation} )",
        places="{city} , {country}\n{city} जिला\n{last} नगर\n{city} नदी ( {country} )\n{city} का किला\n"
        "उत्तर {country}\n{last} गंज\n{city} रेलवे स्टेशन\n{city} तहसील",
        schools="{city} विश्वविद्यालय\n{first} {last} महाविद्यालय\nराष्ट्रीय विज्ञान संस्थान , {city}",
        institutions="{city} उच्च न्यायालय\n{country} का सर्वोच्च न्यायालय\n"
        "{city} लोक सभा निर्वाचन क्षेत्र\nस्वास्थ्य मंत्रालय ( {country} )\n"
        "{country} कम्युनिस्ट पार्टी\n{country} क्रिकेट टीम\n{city} नगर निगम\n{last} संग्रहालय",
        clubs="{city} इंडियंस\n{city} सुपर किंग्स\n{city} एफसी\nएथलेटिक क्लब {city}\n{city} यूनाइटेड\nराइडर्स {city}",
        companies="{last} मोटर्स\n{last} एण्ड {last}\nबैंक ऑफ {city}\n{city} टाइम्स\n{last} उद्योग\n"
        "आकाशवाणी {city}\nएयर {country}\n{last} फिल्म्स",
        sentences="""{person} का जन्म {year} में {city} में हुआ था।
{person} का जन्म {city} , {country} में हुआ।
उन्होंने {school} से शिक्षा प्राप्त की।
वे {club} और {club} के लिए खेलते हैं।
{company} का मुख्यालय {city} में है।
{team} ने फाइनल में {team} को हराया।
फिल्म के निर्देशक {man} हैं और मुख्य भूमिका {person} ने निभाई है।
{city} {country} का एक प्रमुख शहर है।
{year} में {person} ने {company} की स्थापना की।
{surname} के अनुसार यह प्रजाति {country} और {country} में पाई जाती है।
{institution} {city} में स्थित है।
{person} , {person}
{person} - विशेष भूमिका
{year} में {person} को {institution} का अध्यक्ष चुना गया।
{city} , {city} और {city} के बीच रेल सेवा उपलब्ध है।
उनका निधन {city} में हुआ।
{club} और {club} के बीच मैच {city} में खेला गया।
{company} ने {company} को {number} करोड़ में खरीद लिया।
** {city} ( दूतावास )
यह मार्ग {region} से होकर जाता है।
{man} {country} के राष्ट्रपति थे।
{woman} {school} में प्राध्यापिका हैं।
यह पुस्तक {company} ने {year} में प्रकाशित की।
{country} / {country}
{surname} ने {team} के लिए {number} रन बनाए।
{person} {city} में रहने लगे।""",
    ),
    "mr": Lists(
        faker="mr_IN",
        redirect="पुनर्निर्देशन",
        surnames="पवार, जोशी, कुलकर्णी, देशमुख, देशपांडे, पाटील, शिंदे, जाधव, गायकवाड, कदम, मोरे, "
        "भोसले, चव्हाण, सावंत, राऊत, माने, साळुंखे, थोरात, काळे, गोखले, आपटे, फडके, लेले, सोनवणे, "
        "कांबळे, वाघमारे, निकम, ठाकरे, टिळक, आगरकर, रानडे, परांजपे, खरे, दामले",
        cities="मुंबई, पुणे, नागपूर, नाशिक, सोलापूर, कोल्हापूर, सातारा, सांगली, अमरावती, अकोला, जळगाव, "
        "लातूर, धुळे, नांदेड, चंद्रपूर, परभणी, रत्‍नागिरी, अहमदनगर, नवी मुंबई, ठाणे, पंढरपूर, बीड, "
        "वर्धा, यवतमाळ, बुलढाणा, नवी दिल्ली, महाड, अलिबाग, कराड, बारामती",
        occupations="अभिनेता, राजकारणी, क्रिकेटपटू, लेखक, गायक, खेळाडू",
        entries="{first} {last}\n{first} {middle} {last}\n{first} {last} ( {occupation} )",
        places="{city} ( {country} )\n{city} जिल्हा\n{city} तालुका\n{last} वाडी\n{last} किल्ला\n"
        "उत्तर {country}\n{city} रेल्वे स्थानक\n{city} विमानतळ\n{last} बेट",
        schools="{city} विद्यापीठ\n{last} महाविद्यालय\n{city} तंत्रनिकेतन",
        institutions="{city} महानगरपालिका\n{city} ( लोकसभा मतदारसंघ )\n{country} राष्ट्रीय फुटबॉल संघ\n"
        "{country} कम्युनिस्ट पक्ष\nअर्थ मंत्रालय ( {country} )\n{last} प्रतिष्ठान\n"
        "मराठी साहित्य परिषद , {city}\n{city} उच्च न्यायालय\n{last} नाट्यगृह",
        clubs="{city} इंडियन्स\n{city} एफ.सी.\n{city} वॉरियर्स\n{city} सुपर किंग्स\n{city} युनायटेड\nक्रीडा मंडळ {city}",
        companies="{last} आणि मंडळी\n{last} मोटर्स\nबँक ऑफ {city}\n{city} समाचार\n{last} उद्योग समूह\n"
        "{last} प्रकाशन\nएअर {country}\nआकाशवाणी {city}",
        sentences="""{person} यांचा जन्म {year} साली {city} येथे झाला .
{man} हे {city} येथे राहतात .
{woman} या {city} येथे राहतात .
त्यांनी {school} येथे शिक्षण घेतले .
तो {club} व {club} या संघांकडून खेळतो .
{company} या कंपनीचे मुख्यालय {city} येथे आहे .
{team} संघाने {team} संघाचा पराभव केला .
या चित्रपटात {person} आणि {person} यांनी काम केले होते .
{city} हे {country} या देशातील एक शहर आहे .
{person} यांनी {year} साली {company} ही कंपनी स्थापन केली .
{surname} यांच्या मते हा पक्षी {country} आणि {country} या देशांत आढळतो .
{institution} ही संस्था {city} येथे आहे .
{city} , {city} व {city} ही प्रमुख शहरे आहेत .
{person} यांचे {city} येथे निधन झाले .
{club} विरुद्ध {club}
** {city} ( दूतावास )
हा रस्ता {region} या भागातून जातो .
{man} हे {country} देशाचे राष्ट्राध्यक्ष होते .
वडील {city} येथे शिक्षक होते .
{company} या कंपनीने {company} ही कंपनी विकत घेतली .
{person} - दिग्दर्शक
{institution} या संस्थेच्या अध्यक्षपदी {person} यांची निवड झाली .
{country} आणि {country} यांच्यात सामना झाला .
{person} , {person} , {person}
{surname} यांनी {team} संघासाठी {number} धावा केल्या .
हे पुस्तक {company} या संस्थेने प्रकाशित केले .""",
    ),
    "sw": Lists(
        faker="sw",
        redirect="REDIRECT",
        cities="Nairobi, Mombasa, Dar es Salaam, Dodoma, Arusha, Mwanza, Tanga, Morogoro, Mbeya, "
        "Iringa, Kisumu, Nakuru, Eldoret, Tabora, Kigoma, Bukoba, Moshi, Songea, Lindi, Mtwara, "
        "Singida, Shinyanga, Musoma, Bagamoyo, Lamu, Malindi, Mji Mkongwe, Thika, Bondo, Sumbawanga",
        occupations="mwigizaji, mwanasiasa, mwanamuziki, mchezaji, mwandishi",
        entries="{first} {last}\n{first} {last}\n{first} {middle} {last}\n{first} {last} ( {occupation} )",
        places="{city} , {country}\nWilaya ya {city}\nMkoa wa {city}\nZiwa {last}\nMto {last}\n"
        "Kisiwa cha {last}\nKata ya {last}\n{city} ( wilaya )\n{country} ya Kusini",
        schools="Chuo Kikuu cha {city}\nShule ya Sekondari {last}\nChuo cha Ualimu {city}",
        institutions="Tume ya Uchaguzi ya {country}\nWizara ya Afya ( {country} )\nBunge la {country}\n"
        "Mahakama Kuu ya {country}\nKanisa Katoliki la {city}\nChama cha Wafanyakazi cha {country}\n"
        "Hospitali ya {city}\nMakumbusho ya {city}\nTimu ya Taifa ya {country}",
        clubs="{city} FC\n{city} United\nSimba {city}\nYoung Stars {city}\n{last} Rangers\n{city} Queens",
        companies="Benki ya {city}\n{last} na Wana\nKampuni ya {last}\nRedio {city}\n"
        "Soko la Hisa la {city}\nGazeti la {city}\nShirika la Reli la {country}\n{last} Limited",
        sentences="""{person} alizaliwa mjini {city} mwaka {year} .
{person} alizaliwa {city} nchini {country} .
Alisoma katika {school} .
Anachezea klabu za {club} na {club} .
Makao makuu ya {company} yako {city} .
{team} iliifunga {team} katika fainali .
Filamu iliongozwa na {person} na kuigizwa na {person} .
{city} ni mji wa {country} .
Pia kuna wasemaji nchini {country} na {country} .
Alimfuata {surname} akafuatwa na {surname} .
{person} kama {person}
Alifariki mjini {city} mwaka {year} .
Yeye ni mkurugenzi wa {institution} .
{company} ilianzishwa mwaka {year} .
{person} alijiunga na {company} mwaka {year} .
{person} ( amezaliwa {year} ) ni mwanasiasa wa {country} .
Eneo hilo liko katika {region} .
{person} , {person} na {person}
Mechi kati ya {club} na {team} ilichezwa {city} .
{company} ilinunua {company} kwa shilingi milioni {number} .
Rais wa {country} ni {person} .
Msanii huyo anaishi {city} .
Miji mikubwa ni {city} , {city} na {city} .
** {city} ( ubalozi )
{surname} aliteuliwa kuwa waziri mwaka {year} .
Kulingana na {surname} , lugha hiyo huzungumzwa nchini {country} .
{person} ni profesa wa {school} .
{surname} alifunga mabao {number} kwa {team} .""",
    ),
    "yo": Lists(
        faker="yo_NG",
        redirect="ÀTÚNJÚWE",
        surnames="Adéyẹmí, Ògúndípẹ̀, Awólọ́wọ̀, Ṣóyínká, Akíntọ́lá, Ọbásanjọ́, Adélékè, Ọláńrewájú, "
        "Fálétí, Ògúnlẹ́sì, Bánkọ́lé, Adébáyọ̀, Ìṣọ̀lá, Akínwándé, Oyèlárán, Ọ̀ṣúntókun, Adéníyì, "
        "Fágúnwà, Ọlátúnjí, Ayọ̀délé, Ògúnbíyì, Olúwọlé, Akínyẹlé, Adégòkè, Ọyátóyè, Fáshọlá, Táíwò, "
        "Abíọ́lá, Àjàyí, Adésànyà, Ọ̀jọ́, Òkè, Babátúndé, Odùṣọlá, Ládàpọ̀, Olúfúnmi",
        cities="Ìbàdàn, Èkó, Abẹ́òkúta, Òṣogbo, Ilé-Ifẹ̀, Àkúrẹ́, Adó-Èkìtì, Ìlọrin, Ọ̀yọ́, Ògbómọ̀ṣọ́, "
        "Ìjẹ̀bú-Òde, Ìsẹ́yìn, Ṣakí, Ọ̀wọ̀, Oǹdó, Ìlá Ọ̀ràngún, Ẹdẹ, Ìwó, Iléṣà, Ìkẹjà, Àgẹ̀gẹ̀, "
        "Ìkòròdú, Badagry, Ṣàgámù, Ìkìrun, Òfà, Ìkàrẹ́, Abuja, Kano, Ìgbò Ọrà",
        occupations="òṣèré, olóṣèlú, olórin, òǹkọ̀wé, agbábọ́ọ̀lù",
        entries="{first} {last}\n{first} {last}\n{first} {middle} {last}\n{first} {last} ( {occupation} )",
        places="{city} , {country}\nÌpínlẹ̀ {city}\nAgbègbè Ìjọba Ìbílẹ̀ {city}\nOdò {last}\n"
        "Erékùṣù {city}\nGúúsù {country}\nÀríwá {country}\nÒkè {last}\nÌlú {last}",
        schools="Yunifásítì ìlú {city}\nIlé Ẹ̀kọ́ Gíga {last}\nIlé Ẹ̀kọ́ Gírámà {city}",
        institutions="Ilé Ìwòsàn {city}\nIlé Aṣòfin {country}\nÌgbìmọ̀ Òlímpíkì {country}\n"
        "Ilé-iṣẹ́ Ètò Ìlera ( {country} )\nẸgbẹ́ Òṣèlú Òṣìṣẹ́ ( {country} )\nIlé Ẹjọ́ Gíga {country}\n"
        "Ẹgbẹ́ Agbábọ́ọ̀lù Orílẹ̀-èdè {country}\nMùsíọ́mù {city}\nIlé Ìjọsìn {city}",
        clubs="{city} FC\n{city} United\nẸgbẹ́ Agbábọ́ọ̀lù {city}\n{city} Stars\n{last} Babes\nÌràwọ̀ {city}",
        companies="Ilé-iṣẹ́ {last}\n{last} àti Àwọn Ọmọ\nIlé Ìfowópamọ́ {city}\nRédíò {city}\n"
        "Ìwé Ìròyìn {city}\nIlé Ìtẹ̀wé {last}\n{last} àti {last}\nỌkọ̀ Òfurufú {country}",
        sentences="""A bí {person} ní ìlú {city} ní ọdún {year} .
Wọ́n bí {person} sí {city} ní {country} .
Ó kàwé ní {school} .
Ó ń gbá bọ́ọ̀lù fún {club} àti {club} .
Ibùjókòó {company} wà ní ìlú {city} .
{team} borí {team} ní ìparí ìdíje .
{person} ni olùdarí fíìmù náà .
{person} àti {person} kópa nínú eré náà .
{city} jẹ́ ìlú ní {country} .
{person} kú ní ìlú {city} ní ọdún {year} .
Wọ́n dá {institution} sílẹ̀ ní ọdún {year} .
{person} ni ààrẹ orílẹ̀-èdè {country} .
Ọ̀nà náà gba {region} kọjá .
{person} , {person} àti {person}
Ìdíje láàrin {club} àti {team} wáyé ní {city} .
{company} ra {company} ní ọdún {year} .
Gẹ́gẹ́ bí {surname} ṣe sọ , wọ́n ń sọ èdè náà ní {country} àti {country} .
Ó ń gbé ní ìlú {city} .
Àwọn ìlú ńlá ni {city} , {city} àti {city} .
{person} jẹ́ ọ̀jọ̀gbọ́n ní {school} .
{person} darapọ̀ mọ́ {company} ní ọdún {year} .
{surname} di gómìnà ní ọdún {year} .
** {city} ( ilé aṣojú )
{man} fẹ́ {woman} ní ọdún {year} .
{person} ( ọjọ́ìbí {year} ) jẹ́ òṣèré ará {country} .
{surname} gbá bọ́ọ̀lù {number} sáwọ̀n fún {team} .""",
    ),
}
