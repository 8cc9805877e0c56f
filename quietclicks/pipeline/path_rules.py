"""Which place of a path is personal, and which is the site's own: by the words before it.

The defaults hold anywhere in a path and in several languages; a site's own rules from its root.
"""

import re

from quietclicks.pipeline.decoding import folded
from quietclicks.pipeline.personal import ID, NAME, TOKEN

# After these words stands a person's name or number.
NAMED = frozenset(
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
    """.split()
)
# What is done with a person, between the word and the name: /user/edit/john.
ACTIONS = frozenset(
    """
    activate add create delete details edit invite list new remove show update verify view
    """.split()
)
# Pages of every account: these words stand for no person.
FIXED = frozenset(
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
    instellingen uitloggen wachtwoord done
    """.split()
).union(ACTIONS)
# After these stands the number of a business with one person.
NUMBERED = frozenset(
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
    faktury
    """.split()
)
# After these stands a secret.
SECRET = frozenset(
    """
    reset reset-password password-reset password verify verification verify-email confirm
    confirmation confirm-email activate activation unsubscribe optout opt-out token tokens
    auth authorize oauth callback magic magic-link magiclink key keys secret share shared s
    sso login signin sign-in otp code codes download-link preferences bestaetigen
    bestaetigung abmelden aktivieren passwort confirmer desabonner confirmar baja conferma
    disiscriviti bevestigen uitschrijven
    """.split()
)
# Of these, the ones after which even a plain word is a secret, or whose it is.
SECRET_WORDS = frozenset(
    """
    verify-email confirm-email unsubscribe optout opt-out token tokens magic-link magiclink
    desabonner disiscriviti uitschrijven
    """.split()
)
# After these stands what the site sells or says.
CONTENT = frozenset(
    """
    product products p prod item items dp gp sku isbn ean article articles artikel produkt
    produkte produit produits producto productos prodotto prodotti product-page shop store
    catalog catalogue category categories c cat collection collections brand brands blog
    news post posts story stories page pages question questions q topic topics thread
    threads t wiki docs book books film films recipe recipes event events
    """.split()
)
_WORD = re.compile(r"[a-z-]{2,24}\Z")
_SOME_DIGIT = re.compile(r"\d")


def placeholder(before: str, segment: str) -> str | None:
    """The placeholder that the word before (lower case) asks for, if any."""
    small = segment.lower()
    if before in NAMED and small not in FIXED:
        return ID if small.isdigit() else NAME
    if before in NUMBERED and _SOME_DIGIT.search(small):
        return ID
    if before in SECRET and not _WORD.match(segment):
        return TOKEN
    if before in SECRET_WORDS and small not in FIXED:
        return TOKEN
    return NAME if small.startswith("~") and len(small) > 1 else None


def word_before(before: str, segment: str) -> str:
    """Which word stands before the next segment: this one, or what it is done with."""
    small = folded(segment).lower()
    return before if before in NAMED and small in ACTIONS else small


class SiteRules:
    """A site's own path rules: `/user/:name`, `/*/bestellung/:id`, `/shop/*`.

    A literal segment matches in any case; `:word` replaces the segment by itself; `*` matches any
    segment and says that it is the site's own content. Rules are tried in order, from the root.
    """

    def __init__(self, rules: tuple[str, ...]) -> None:
        self._rules = [rule.strip("/").split("/") for rule in rules]
        self.labels = frozenset(
            part for rule in self._rules for part in rule if part.startswith(":")
        )

    def match(self, segments: list[str]) -> list[str]:
        """What the first fitting rule says of the leading segments; empty if none fits."""
        for rule in self._rules:
            if len(rule) <= len(segments) and all(
                wanted[:1] in ("*", ":") or wanted.lower() == segment.lower()
                for wanted, segment in zip(rule, segments, strict=False)
            ):
                return rule
        return []
