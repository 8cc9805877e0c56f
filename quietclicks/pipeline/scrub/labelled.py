"""Values that their label gives away: "tel 555 1234", "ssn: 123456789", "order no. 48812".

The label is what makes a short or plain number personal. A label alone ("phone case", "password
reset", "order 66") never counts.
"""

from quietclicks.pipeline.scrub.spans import (
    Finder,
    Span,
    digits_of,
    is_sizes,
    pattern,
    stands_alone,
)

# What may stand between a label and its value, in several languages.
_FILLER = (
    r"(?:[ .:=#°º\-]|(?:n|no|nr|nº|num|number|numbers|nummer|numero|número|numéro|номер|is|ist|est|"
    r"es|"
    r"è|to|on|an|me|us|him|her|at|the|my|mein|meine|mon|mi|for|card|id|code)(?:[ .:=#°º\-]))*"
)
_PHONE = (
    "tel|tél|telf|tlf|telephone|téléphone|telefon|telefono|teléfono|telefone|telefoon|"
    "telefonnummer|telefoonnummer|puhelin|puh|phone|ph|mobile|mobil|mobiel|mob|móvil|movil|"
    "cellulare|celular|cell|cel|handy|handynummer|rufnummer|portable|gsm|komórka|komorka|fax|"
    "whatsapp|viber|telegram|signal|sms|text|call|ring|appelle|appeler|llamar|anrufen|ruf|"
    "dzwoń|тел|телефон|моб|мобильный|звонить|звоните|τηλ|τηλέφωνο|κινητό|cep|telefonu|numaram|"
    "هاتف|جوال|موبايل|טלפון|נייד|फोन|मोबाइल|電話|携帯|电话|手机|電話番号|전화|휴대폰|โทร|"
    "điện thoại|sđt|zadzwoń|zadzwon|llámame|llamame|chiamami|"
    "my number|meine nummer|mon numéro|mi número|mi numero|il mio numero|"
    "mijn nummer|mój numer|mitt nummer"
)
_IDENTITY = (
    "ssn|social security|social security number|itin|ein|nino|ni number|ni no|"
    "national insurance|national insurance number|nhs|nhs number|passport|passport number|"
    "reisepass|passnummer|personalausweis|ausweis|ausweisnummer|personalausweisnummer|"
    "steuer-id|steuerid|steuernummer|steueridentifikationsnummer|idnr|"
    "sozialversicherungsnummer|svnr|sv nummer|sv-nummer|rentenversicherungsnummer|"
    "krankenversichertennummer|kvnr|passeport|carte d'identité|numéro de sécurité sociale|sécu|"
    "secu|sécurité sociale|securite sociale|nir|dni|nie|nif|pasaporte|cédula|cedula|curp|cpf|"
    "rg|codice fiscale|cod fiscale|passaporto|carta d'identità|bsn|burgerservicenummer|"
    "sofinummer|paspoort|pesel|dowód|dowod|paszport|nip|personnummer|personnr|fødselsnummer|"
    "fodselsnummer|cpr|cpr-nr|hetu|henkilötunnus|rijksregisternummer|numéro national|ahv|avs|"
    "rodné číslo|rodne cislo|taj|cnp|егн|egn|инн|снилс|паспорт|tc kimlik|tckn|kimlik|aadhaar|"
    "aadhar|आधार|pan|sin|tfn|medicare|pps|ppsn|driver's license|drivers license|driver license|"
    "driving licence|dl|führerschein|führerscheinnummer|permis de conduire|身份证|身份证号|"
    "マイナンバー|주민등록번호|護照|passport no|id card|identity card|national id|id number|"
    "id no|matricule|matrikelnummer|personalnummer|employee id|student id|patient id|"
    "employee number|student number|patient number|patienten|dowód osobisty|"
    "versichertennummer|license plate|licence plate|kennzeichen|vin"
)
# Said to be a number of somebody's; and everyday words, which need a longer number behind them.
_NUMBER = (
    "order number|order no|order id|bestellnummer|bestellnr|auftragsnummer|numéro de commande|"
    "customer number|customer id|kundennummer|kundennr|kunden-nr|account number|acct|"
    "kontonummer|kto|rekeningnummer|sort code|blz|routing number|invoice number|invoice no|"
    "rechnungsnummer|tracking number|tracking no|sendungsnummer|paketnummer|buchungsnummer|"
    "booking reference|reference number|case number|policy number|member number|"
    "membership number|mitgliedsnummer|card number|kartennummer|numéro de client|"
    "número de pedido|número de cliente|numer zamówienia|номер заказа|注文番号|订单号"
)
_EVERYDAY_NUMBER = (
    "order|bestellung|auftrag|commande|pedido|ordine|zamówienie|zamowienie|заказ|заказа|"
    "customer|kunde|client|cliente|account|a/c|konto|compte|cuenta|conto|rekening|счет|счёт|"
    "routing|invoice|rechnung|facture|factura|fattura|faktura|tracking|colis|parcel|ticket|"
    "booking|reservation|reference|ref|member|membership|loyalty|cvv|cvc|pin|tan|otp|iban|"
    "credit card|kreditkarte|visa|mastercard|amex|carte bancaire|tarjeta"
)
_HIDDEN = (
    "password|passwort|kennwort|passcode|passphrase|pwd|pw|mot de passe|mdp|contraseña|"
    "contrasena|clave|senha|wachtwoord|hasło|haslo|lösenord|passord|adgangskode|salasana|"
    "пароль|şifre|sifre|密码|パスワード|비밀번호|api key|apikey|"
    "access token|auth token|secret key|session id|sessionid|bearer|pin code"
)
_VALUE = (
    r"((?:[a-z]{1,3} )?[+(]*[\p{L}\-./]*[0-9][\p{L}\p{N}\-./]*"
    r"(?:[ ()\-]{1,3}(?:[a-z][ \-])?[0-9][\p{L}\p{N}\-./]*)*(?: [a-z]\b)?)"
)
_VALUE_FIRST = r"[0-9(+][0-9 ()./\-]{6,20}[0-9](?:-?[a-z])?"
_FEWEST_BEHIND = 8
# What people ask about a number that they typed first.
_PHONE_BEHIND = (
    "phone|tel|telephone|mobile|caller|who called|who is this|whose number|reverse lookup|"
    "wer ruft an|wer hat angerufen|anruf|anrufer|qui appelle|qui m'appelle|a qui appartient|"
    "quien llama|quién llama|quien es|de quien es|chi chiama|chi mi chiama|wie belt|"
    "kto dzwoni|kto dzwonił|czyj numer|vem ringde|vem ringer|kimin|kimin numarası|quem ligou|"
    "чей номер|кто звонил|кто звонит|whatsapp|رقم من"
)
_IDENTITY_BEHIND = (
    "ssn|nhs|nino|dni|nie|bsn|pesel|cpf|curp|personnummer|tc kimlik|aadhaar|steuer-id"
)
_HIDDEN_VALUE = r"(?:[ ]|:|=|is|ist|est|es)+[ ]?([^\s\p{Co}]{4,64})"


_BETWEEN = r"[ .:=#°º\-]+"


def _labels(words: str) -> str:
    # The longer label first: RE2 takes the first alternative that fits.
    ordered = sorted(words.split("|"), key=len, reverse=True)
    # German and its neighbours glue the word for number to any of them.
    return r"(?:^|[^\p{L}\p{N}])(?:" + "|".join(ordered) + r")(?:-?(?:nummer|nr))?" + _BETWEEN


def labelled(words: str, min_digits: int, behind: str = "") -> Finder:
    """The finder of values with `min_digits` digits or more after one of these labels.

    Or right before one of those `behind`; there of eight digits or more, since "1234567 phone" is
    an article.
    """
    value = pattern(_labels(words) + _FILLER + _VALUE)
    value_first = pattern(rf"({_VALUE_FIRST})[ ,:\-]+(?:{behind})(?:[^\p{{L}}\p{{N}}]|$)")

    def find(text: str) -> list[Span]:
        found = [
            match.span(1)
            for match in value.finditer(text)
            if len(digits_of(match[1])) >= min_digits and not _is_honest(match[1])
        ]
        if behind:
            found += (
                match.span(1)
                for match in value_first.finditer(text)
                if len(digits_of(match[1])) >= _FEWEST_BEHIND
                and stands_alone(text, *match.span(1))
                and not _is_honest(match[1])
            )
        return found

    return find


def _is_honest(value: str) -> bool:
    return bool(_HONEST.fullmatch(value)) or is_sizes(value)


def labelled_secrets(text: str) -> list[Span]:
    """What follows "password": digits with letters or signs ("password manager" is honest)."""
    return [m.span(1) for m in _HIDDEN_PATTERN.finditer(text) if _looks_secret(m[1])]


def _looks_secret(value: str) -> bool:
    mixed = any(map(str.isdigit, value)) and not value.isdigit()
    return mixed and not _NOT_SECRET.match(value)


# Years ("passport 2019 2020"), a model of several ("dl 650 2004 2005"), and round thousands ("visa
# 50000 points").
_HONEST = pattern(
    r"(?:(?:19|20)[0-9]{2}[ \-/]*)+|[0-9]{1,4} (?:(?:19|20)[0-9]{2}[ \-/]*){2,}|[0-9]{1,3}[.,]?000"
)
_NOT_SECRET = pattern(
    "win|windows|iphone|ipad|ipod|excel|office|word|outlook|galaxy|wifi|mac|ios|android|xbox|ps[0-9]|"
    "1password|365|pdf|zip|kindle|[0-9]+(?:st|nd|rd|th|gb|tb|[ -.])"
)
_HIDDEN_PATTERN = pattern(_labels(_HIDDEN).removesuffix(_BETWEEN) + _HIDDEN_VALUE)

_SERIAL = pattern(_labels(_IDENTITY) + _FILLER + r"([a-z0-9]{8,12})(?:[^\p{L}\p{N}]|$)")
_TURNS = pattern("[0-9][a-z]|[a-z][0-9]")


def labelled_serials(text: str) -> list[Span]:
    """Letters among digits after a label, as passports and cards have them: "ausweis L3KX7NP2Z"."""
    return [
        match.span(1)
        for match in _SERIAL.finditer(text)
        if len(digits_of(match[1])) > 2 and len(_TURNS.findall(match[1])) > 1
    ]


labelled_phones = labelled(_PHONE, 6, _PHONE_BEHIND)
labelled_identities = labelled(_IDENTITY, 6, _IDENTITY_BEHIND)
labelled_numbers = labelled(_NUMBER, 4)
labelled_everyday_numbers = labelled(_EVERYDAY_NUMBER, 6)
