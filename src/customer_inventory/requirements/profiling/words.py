"""Words: by which headings and values betray that they are about people, and the code lists that formats name."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GIVEN_NAMES = _words(
    """
    aaron abigail adam adrian agnieszka ahmed aisha alan albert alejandro alex alexander alexandra alfie ali alice
    alicia amelia amy ana andrea andreas andrew angela anita ann anna anne anthony antonio archie arthur ava barbara
    beata ben benjamin bernd bethany birgit brandon brian camille carlos carmen carol caroline catherine charles
    charlie charlotte chiara chloe christian christina christine christopher claire claudia clara connor cristina
    daniel daniela david dennis diana diego dieter dmitri dominik donald dorothy dylan edward elena eleanor elisabeth
    elizabeth ella emil emilia emily emma eric erik esther ethan eva evelyn evie fatima fernando finley florence
    francesca francesco francisco frank franz frederick freya friedrich gabriel gary george georgia gerhard giovanni
    giulia giuseppe grace grzegorz hannah hans harold harriet harrison harry heather heidi heinrich helen helga helmut
    henri henrik henry holly hugo ian imogen ines ingrid irene isaac isabel isabella isla ivan jack jacob jake james
    jan jane janet jason javier jean jennifer jens jessica jesus joan joanna johan johanna john jonas jonathan jorge
    jose joseph joshua josef juan judith julia julian julie jürgen jörg kai karen karin karl katarzyna kate katherine
    kathleen katie keith kenneth kevin klaus krzysztof lars laura lauren layla leah leo leon leonie lewis liam lily
    linda lisa logan louis louise luca lucas lucia lucy luis luisa luke maciej madison magdalena manuel marcel marcin
    marco margaret maria marie marina mario mark markus marta martha martin martina mary mason matilda matteo matthew
    matthias max maximilian megan mei melissa mia michael michał michelle miguel mohamed mohammed monica monika
    muhammad nancy natalie nathan nicholas nicola nicole nina noah nora olaf olga oliver olivia omar oscar owen pablo
    pamela patricia patrick paul paula pedro peter petra philip pierre piotr poppy rachel rafael ralf raymond rebecca
    renate riccardo richard robert roberto roger ronald rosa rosie ruth ryan sabine samuel sandra sara sarah sebastian
    sergei sergio silvia simon sofia sophia sophie stefan stefano stephanie stephen steven susan susanne svetlana
    teresa theo theresa thomas tim timothy tobias tomasz toby tyler ursula uwe valentina vera victoria vincent walter
    wei werner wilhelm william wolfgang xavier yasmin yusuf yvonne zachary zoe zofia
    """
)
"""Common first names of a dozen languages: enough to recognise a column of names by, not a person."""

FAMILY_NAMES = _words(
    """
    adams ali allen anderson andersson bailey baker bauer becker bell bennett bernard brown bryant butler campbell
    carter chen clark collins cook cooper costa cox davies davis diaz dubois edwards evans ferrari fernandez fischer
    foster garcia gomez gonzalez gray green griffin hall hansen harris harrison hayes henderson hernandez hill
    hoffmann howard hughes jackson james jansen janssen jenkins jensen johansson johnson jones kelly khan kim king
    klein koch kowalski kumar larsen lee lewis li liu long lopez marshall martin martinez mason meyer miller mills
    mitchell moore moreau morgan morris müller murphy murray nelson nguyen nielsen novak nowak oliveira olsen palmer
    parker patel patterson perez peterson petit phillips popov powell price ramirez reed reynolds richard richards
    richardson rivera roberts robinson rodriguez rogers romano ross rossi russell russo sanchez sanders santos schmidt
    schneider schulz schwarz scott shaw silva simmons simpson singh smith stewart sullivan taylor thomas thompson
    torres turner walker wang ward watson weber webb white williams wilson wood wright wójcik yang young zhang
    """
)
"""Common family names, likewise."""

STREET_WORDS = (
    "street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|court|ct|close|terrace|place|pl|square|sq|highway"
    "|hwy|parkway|pkwy|circle|crescent|grove|gardens|mews|row|rue|chemin|allée|impasse|via|viale|piazza|corso|calle"
    "|avenida|plaza|paseo|rua|praça|ulica|ul|aleja|platz|weg|allee|gasse|ring|ufer|laan|plein|gracht|gatan|vägen|gate"
    "|vej"
)
"""What a street is called in a dozen languages, as a regular expression."""

SPECIAL_HEADINGS: dict[str, str] = {
    "religion, religious, denomination, faith, church, konfession": "religious belief",
    "ethnicity, ethnic, ethnic group, race, racial": "racial or ethnic origin",
    "political, politics, political party": "political opinion",
    "trade union, union member, gewerkschaft": "trade union membership",
    "health, medical, diagnosis, disease, illness, disability, disabled, allergy, allergies, medication, pregnant, "
    "pregnancy, blood group, blood type": "health",
    "sexual, sexual orientation": "sex life or orientation",
    "genetic, dna": "genetic data",
    "biometric, fingerprint": "biometric data",
}
"""Words of a heading that name a special category (article 9 (1) GDPR), and which."""

CPNI_HEADINGS: dict[str, str] = {
    "calls, calling, called number, cdr, usage, minutes, roaming, voicemail, sms, tariff, dialled number, "
    "dialed number, data traffic, imei, imsi, iccid": "use of the network",
}
"""Words of a heading that name what a carrier knows from serving its customer (47 USC 222 (h))."""

PERSONAL_HEADINGS: dict[str, str] = {
    "ssn, nino, passport, driving licence, driver licence, driver license, tax id, tin, nif, dni, nie, pesel, bsn, "
    "cpf, aadhaar, national id, identity number, social security, nhs": "identification number",
    "iban, bank account, sort code, card number": "bank account",
    "birth, birthdate, birthday, dob, born": "birth date",
    "first name, firstname, last name, lastname, surname, forename, given name, family name, maiden name": "name",
    "gender, sex": "gender",
    "nationality, citizenship": "nationality",
    "marital, marital status, spouse, husband, wife, children, mother, father": "family",
    "salary, income, wage": "income",
    "latitude, longitude, gps": "whereabouts",
    "ip address, mac address, cookie": "online identifier",
    "password, pin, pin code, secret": "secret",
}
"""Words of a heading that name data about a person, and what."""

CURRENCIES = _words(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """
)
"""The codes of ISO 4217 that are money."""

LANGUAGES = _words(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
    es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
    kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng
    nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su
    sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """
)
"""The codes of ISO 639-1."""
