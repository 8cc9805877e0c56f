"""Which place of a path is personal, and which is the site's own: by the words before it.

The defaults hold anywhere in a path and in several languages; a site's own rules from its root.
"""

import re
from collections.abc import Sequence

from quietclicks.pipeline.scrub.url.percent import folded
from quietclicks.pipeline.scrub.url.pieces import ID, NAME, TOKEN


def _words(text: str) -> frozenset[str]:
    """As they are compared: lower case, without accents, hyphens and the like."""
    return frozenset(folded(word).replace("-", "") for word in text.split())


# After these words stands a person's name or number.
NAMED = _words(
    """
    user users u usr ~ profile profiles account accounts acct member members memberships
    people person persons customer customers client clients patient patients student
    students employee employees player players friend friends follower followers invite
    invites invitation invitations ref referral referrals username userid benutzer nutzer
    konto konten profil profile mitglied mitglieder kunde kunden utilisateur utilisateurs
    compte comptes profils membre membres usuario usuarios cuenta cuentas perfil perfiles
    cliente clientes miembro miembros utente utenti profilo profili membro clienti gebruiker
    gebruikers klant klanten leden uzytkownik uzytkownicy klient klienci anvandare bruker
    bruger kayttaja guest guests candidate candidates applicant applicants name nick nickname
    fullname full-name firstname first-name lastname last-name surname vorname nachname email
    uid userprofile userprofiles einladung einladungen inbox cv resume lebenslauf affiliate
    affiliates wishlist wishlists gift-registry kullanici uye felhasznalo uzivatel medlem
    jasen пользователь пользователи користувач χρηστης 用户 用戶 客户 会员 ユーザー 会員 사용자
    """
)
# What is done with a person, between the word and the name: /user/edit/john.
ACTIONS = _words(
    """
    activate add by-email by-id by-name create delete details edit find get get-by-id id invite
    list lookup manage name new remove search show update verify view anzeigen bearbeiten
    consulter ver visualizza voir
    """
)
# What stands beside one of these words in one segment: /my-profile/john, /order-received/77.
BESIDE = ACTIONS | _words(
    """
    cancel complete completed history info my numero pay public received ref reference status
    success summary ma meine mein meu mi mia mijn minha mio moje mon
    """
)
# Pages of every account: these words stand for no person.
FIXED = _words(
    """
    account accounts activate activation add address addresses all basket billing cancel
    cart change-email change-password checkout confirm confirmation contact coupons create
    dashboard data delete details devices downloads edit email error export favorites
    favourites feed forgot forgot-password friends gift-cards help history home index info
    invite invoices list login log-in logout log-out loyalty me membership memberships
    messages new newsletter notifications order order-history orders overview password
    password-reset payment payment-methods payments points preferences privacy profile
    recover register registration reset reset-password returns reviews rewards search
    security self sessions settings shipping sign-in sign-out sign-up signin signout signup
    subscription subscriptions success support thank-you thanks track tracking unsubscribe
    update users verify vouchers wallet wishlist wishlists abmelden adressen anlegen
    anmelden anmeldung bestellungen daten einstellungen passwort registrieren registrierung
    rechnungen uebersicht merkliste adresses commandes connexion creer deconnexion favoris
    inscription mot-de-passe parametres ajustes configuracion contrasena direcciones pedidos
    registro accesso accedi impostazioni indirizzi ordini registrati bestellingen inloggen
    instellingen uitloggen wachtwoord done lost method methods section benefits discount
    discounts studies refresh revoke rankings ranking stats statistics service services info
    information guide guides faq fees jobs careers download join levels rules terms
    vergessen how to our the and for of example examples explained news program programme
    team template templates testimonials
    """
).union(ACTIONS)
# After these stands the number of a business with one person.
NUMBERED = _words(
    """
    order orders invoice invoices booking bookings reservation reservations payment payments
    transaction transactions receipt receipts shipment shipments parcel parcels tracking
    track return returns ticket tickets case cases claim claims subscription subscriptions
    policy policies contract contracts quote quotes cart carts basket checkout session
    sessions message messages conversation conversations chat address addresses document
    documents bestellung bestellungen rechnung rechnungen buchung buchungen sendung
    sendungen vertrag commande commandes facture factures reservation colis pedido pedidos
    factura facturas reserva reservas ordine ordini fattura fatture prenotazione
    prenotazioni bestelling bestellingen factuur facturen zamowienie zamowienia faktura
    faktury thank-you auftrag auftraege bestell pnr check-in plate license-plate
    licence-plate kennzeichen vin imei passport gift-card voucher siparis medical-record mrn
    kdnr
    """
)
# Of these, the ones whose number may be six letters in capitals.
BOOKED = _words(
    """
    booking bookings reservation reservations pnr check-in buchung buchungen reserva reservas
    prenotazione prenotazioni
    """
)
# After these stands a secret.
SECRET = _words(
    """
    reset reset-password password-reset password verify verification verify-email confirm
    confirmation confirm-email activate activation unsubscribe optout opt-out token tokens
    auth authorize oauth callback magic magic-link magiclink key keys secret share shared s
    access-token refresh-token api-key licence-key license-key pin pwd 2fa verify-phone
    sso join login signin sign-in otp code codes download-link preferences bestaetigen
    bestaetigung abmelden aktivieren passwort confirmer desabonner confirmar baja conferma
    disiscriviti bevestigen uitschrijven
    """
)
# Of these, the ones after which even a plain word is a secret, or whose it is.
SECRET_WORDS = _words(
    """
    verify-email confirm-email unsubscribe optout opt-out token tokens magic-link magiclink
    desabonner disiscriviti uitschrijven
    """
)
# After these stands what the site sells or says.
CONTENT = _words(
    """
    product products p prod item items dp gp sku isbn ean article articles artikel produkt
    produkte produit produits producto productos prodotto prodotti product-page shop store
    catalog catalogue category categories c cat collection collections brand brands blog
    news post posts story stories page pages question questions q topic topics thread
    threads t wiki docs book books buch buecher film films recipe recipes rezept rezepte
    event events title titles kb app apps property properties expose isin
    pubmed
    """
)
PERSONAL = NAMED | NUMBERED | SECRET
_GOVERNING = PERSONAL | CONTENT
_TABLES = _GOVERNING | BESIDE | FIXED
_WORD = re.compile(r"[a-z-]{2,24}\Z")
_SOME_DIGIT = re.compile(r"\d")
_STEP = re.compile(r"step-?\d{1,2}")
_RUN = re.compile(r"\d+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_CAPITALS = re.compile(r"[A-Z]{5,8}")
_LONGEST_LABEL = 40
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_EXTENSION = re.compile(r"\.(?:html?|php\d?|aspx?|jsp|cgi|do|action)\Z")
_APART = re.compile(r"[\W_]+")
_OF_NUMBERS = ("id", "ids", "uuid", "no", "nr", "num", "number", "nummer")


def placeholder(before: str, segment: str) -> str | None:
    """The placeholder that the word before (as `word_before` has it) asks for, if any."""
    small = segment.lower()
    if before in NAMED and not _is_fixed(segment):
        return ID if small.isdigit() else NAME
    if before in NUMBERED and _is_number(segment):
        return ID
    if before in BOOKED and _CAPITALS.fullmatch(segment):
        return ID
    if before in SECRET and not _WORD.match(segment):
        return TOKEN
    if before in SECRET_WORDS and not _is_fixed(segment):
        return TOKEN
    return NAME if small.startswith("~") and len(small) > 1 else None


def word_before(before: str, segment: str) -> str:
    """Which word says what the next segment is: this one, or the one whose deed this is.

    So it is `user` after /user/edit as well.
    """
    word = _known(segment)
    return before if word in ACTIONS and before in _GOVERNING else word


def word_behind(before: str) -> str:
    """The same behind a placeholder: a number or a secret may have a second part."""
    return before if before in NUMBERED or before in SECRET else ""


def _known(segment: str) -> str:
    """The word of the tables that a segment comes down to: `order_id`, `viewOrder`, `user.php`."""
    small = folded(segment).lower()
    if small in _TABLES or len(small) > _LONGEST_LABEL:
        return small
    if segment.isalpha() and segment.islower() and not small.endswith(_OF_NUMBERS):
        return small  # most are
    parts = _parts(segment)
    word = "".join(parts)
    if word in _TABLES:
        return word
    for ending in _OF_NUMBERS:
        if word.removesuffix(ending) in PERSONAL:
            return word.removesuffix(ending)
    parts = [part for part in parts if part not in BESIDE]
    return parts[-1] if parts and PERSONAL.issuperset(parts) else small


def _parts(segment: str) -> list[str]:
    plain = folded(_HUMP.sub("-", segment)).lower()
    return [part for part in _APART.split(_EXTENSION.sub("", plain)) if part]


def _is_fixed(segment: str) -> bool:
    """Whether it is made of the words of these tables alone: nobody is called so."""
    if len(segment) > _LONGEST_LABEL:
        return False
    parts = _parts(segment)
    return bool(parts) and ("".join(parts) in _TABLES or _TABLES.issuperset(parts))


def _is_number(segment: str) -> bool:
    return _SOME_DIGIT.search(segment) is not None and not _is_title(segment)


def _is_title(segment: str) -> bool:
    """A page below an order or a document: `step-2`, `guidance-notes-2023`, `season-2024-25`."""
    if any(len(run) > 2 and not _YEAR.fullmatch(run) for run in _RUN.findall(segment)):
        return False
    words = [part for part in segment.split("-") if len(part) > 3 and part.isalpha()]
    said = segment.islower() and not NUMBERED.issuperset(words)
    return said or _STEP.fullmatch(segment) is not None


class SiteRules:
    """A site's own path rules: `/user/:name`, `/*/bestellung/:id`, `/shop/*`.

    A literal segment matches in any case; `:word` replaces the segment by itself; `*` matches any
    segment and says that it is the site's own content. Rules are tried in order, from the root.
    What a rule shows to the end is a page, whatever it is called: `/package/*`, `/horses/feed`.
    """

    def __init__(self, rules: tuple[str, ...]) -> None:
        self._rules = [rule.strip("/").split("/") for rule in rules]
        self.labels = frozenset(
            part for rule in self._rules for part in rule if part.startswith(":")
        )

    def match(self, segments: Sequence[str]) -> list[str]:
        """What the first fitting rule says of the leading segments; empty if none fits."""
        for rule in self._rules:
            if len(rule) <= len(segments) and all(
                wanted[:1] in ("*", ":") or wanted.lower() == segment.lower()
                for wanted, segment in zip(rule, segments, strict=False)
            ):
                return rule
        return []

    def shows(self, segments: list[str]) -> bool:
        """Whether the first fitting rule fits all segments, and shows the last of them."""
        rule = self.match(segments)
        return bool(rule) and len(rule) == len(segments) and not rule[-1].startswith(":")
