"""The words that say what stands behind them, in several languages, and how a label is written.

Words alone: what counts as a value is for `labelled` and `passwords`.
"""

import re

# What may stand between a label and its value, in several languages.
FILLER = (
    r"(?:[ .:=#°º\-]|(?:n|no|nr|nº|num|number|numbers|nummer|numero|número|numéro|номер|is|ist|est|"
    r"es|"
    r"è|to|on|an|me|mich|us|him|her|at|the|my|mein|meine|mon|mi|for|card|id|code)(?:[ .:=#°º\-]))*"
)
PHONE = (
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
IDENTITY = (
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
NUMBER = (
    "order number|order no|order id|bestellnummer|bestellnr|auftragsnummer|numéro de commande|"
    "customer number|customer id|kundennummer|kundennr|kunden-nr|account number|acct|"
    "kontonummer|kto|rekeningnummer|sort code|blz|routing number|invoice number|invoice no|"
    "rechnungsnummer|tracking number|tracking no|sendungsnummer|paketnummer|buchungsnummer|"
    "booking reference|reference number|case number|policy number|member number|"
    "membership number|mitgliedsnummer|card number|kartennummer|numéro de client|"
    "número de pedido|número de cliente|numer zamówienia|номер заказа|注文番号|订单号"
)
EVERYDAY_NUMBER = (
    "order|bestellung|auftrag|commande|pedido|ordine|zamówienie|zamowienie|заказ|заказа|"
    "customer|kunde|client|cliente|account|a/c|konto|compte|cuenta|conto|rekening|счет|счёт|"
    "routing|invoice|rechnung|facture|factura|fattura|faktura|tracking|colis|parcel|ticket|"
    "booking|reservation|reference|ref|member|membership|loyalty|cvv|cvc|pin|tan|otp|iban|"
    "credit card|kreditkarte|visa|mastercard|amex|carte bancaire|tarjeta|"
    "gift card|license plate|licence plate|medical record|póliza|polizza|polis|patient|"
    "versicherung|insurance|sipariş"
)
# What people ask about a number that they typed first.
PHONE_BEHIND = (
    "phone|tel|telephone|mobile|caller|who called|who is this|whose number|reverse lookup|"
    "wer ruft an|wer hat angerufen|anruf|anrufer|qui appelle|qui m'appelle|a qui appartient|"
    "quien llama|quién llama|quien es|de quien es|chi chiama|chi mi chiama|wie belt|"
    "kto dzwoni|kto dzwonił|czyj numer|vem ringde|vem ringer|kimin|kimin numarası|quem ligou|"
    "чей номер|кто звонил|кто звонит|whatsapp|رقم من"
)
IDENTITY_BEHIND = "ssn|nhs|nino|dni|nie|bsn|pesel|cpf|curp|personnummer|tc kimlik|aadhaar|steuer-id"
HIDDEN = (
    "password|passwort|kennwort|passcode|passphrase|pwd|pw|mot de passe|mdp|contraseña|"
    "contrasena|clave|senha|wachtwoord|hasło|haslo|lösenord|passord|adgangskode|salasana|"
    "пароль|şifre|sifre|密码|パスワード|비밀번호|api key|apikey|"
    "access token|auth token|secret key|session id|sessionid|bearer|pin code"
)
# Everyday words, or parts of one ("DB_PASS"): a secret only behind a colon and the like.
HIDDEN_IF_SAID = "pass|passwd|passw|pswd|parola|heslo|kodeord|lozinka|jelszó"
HIDDEN_IF_ASSIGNED = "secret|token|client secret|access key|private key|auth|credentials?"
CODES = "pin|pin code|pincode|otp|tan|puk|2fa"
CARD_CODES = "cvv2?|cvc2?|security code|prüfziffer|kartenprüfnummer|code de sécurité"

_SPACE = re.compile("[ -]")
BETWEEN = r"[ .:=#°º\-]+"


def words(labels: str) -> str:
    """The expression for any of these words, not within another one."""
    # The longer label first: RE2 takes the first alternative that fits.
    ordered = sorted(set(labels.split("|")), key=len, reverse=True)
    return r"(?:^|[^\p{L}\p{N}])(?:" + spaced("|".join(ordered)) + ")"


def spaced(labels: str) -> str:
    """Labels as people and programs write their spaces: "api key", "api_key", "api-key"."""
    return _SPACE.sub(r"[ _\\-]?", labels)


def label(labels: str) -> str:
    """And what stands between one and its value."""
    # German and its neighbours glue the word for number to any of them.
    return words(labels) + r"(?:-?(?:nummer|nr))?" + BETWEEN
