"""Signed notes and checkpoints: published notes and keys, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.notes import (
    NoteError,
    SigningKey,
    UnknownSignerError,
    VerifierKey,
    opened,
    sign,
    signing_key,
    verifier_key,
)

# The example of C2SP's signed-note, and the two keys and the note of Go's sumdb/note.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
PETER_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
BY_PETER = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
BY_ENOCH = (
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
BOTH = f"{TEXT}\n{BY_PETER}{BY_ENOCH}".encode()

LOG = SigningKey("log.example/audit", bytes(range(32)))
NEXT = SigningKey("log.example/audit", bytes(range(1, 33)))
WITNESS = SigningKey("witness.example", bytes(range(2, 34)))
HEAD = Checkpoint("log.example/audit", 7, bytes(range(32)))


def test_the_published_example() -> None:
    key = verifier_key(EXAMPLE_KEY)
    assert str(key) == EXAMPLE_KEY
    assert opened(EXAMPLE, [key]) == ("This is an example message.\n", (key,))


def test_go_s_note() -> None:
    peter, enoch = signing_key(PETER_PRIVATE), SigningKey("EnochRoot", bytes(32))
    assert (str(peter.verifier), str(enoch.verifier)) == (PETER, ENOCH)
    assert peter.private_text() == PETER_PRIVATE
    assert sign(TEXT, [peter, enoch]) == BOTH
    assert opened(BOTH, [enoch.verifier, peter.verifier])[1] == (peter.verifier, enoch.verifier)


def test_who_is_unknown_is_ignored() -> None:
    assert opened(BOTH, [verifier_key(ENOCH)]) == (TEXT, (verifier_key(ENOCH),))
    for strangers in ([], [LOG.verifier], [VerifierKey("EnochRoot", LOG.verifier.public)]):
        with pytest.raises(UnknownSignerError):
            opened(BOTH, strangers)


def test_a_known_key_s_wrong_signature_ends_it_all() -> None:
    wrong = BOTH.replace(b"rwz+eBzm", b"rwz+eBzn")
    assert opened(wrong, [verifier_key(PETER)])
    with pytest.raises(NoteError, match="does not fit"):
        opened(wrong, [verifier_key(PETER), verifier_key(ENOCH)])


@given(st.integers(0, 8 * len(EXAMPLE) - 1))
def test_every_changed_bit_is_found(bit: int) -> None:
    changed = bytearray(EXAMPLE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NoteError):
        opened(bytes(changed), [verifier_key(EXAMPLE_KEY)])


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n\n",
        EXAMPLE[:-1],
        EXAMPLE + b"\n",
        EXAMPLE + b"more\n",
        EXAMPLE.replace(b"\n", b"\r\n"),
        EXAMPLE.replace("— ".encode(), b"- "),
        EXAMPLE.replace("— ".encode(), "—  ".encode()),
        EXAMPLE.replace(b"example.com/foo", b"example.com/+foo"),
        EXAMPLE.replace(b"example.com/foo", "example.com/\u2003foo".encode()),
        EXAMPLE.replace(b"=\n", b"\n"),
        "text\n\n— example.com/foo Uw2QOg==\n".encode(),
        b"\xff" + EXAMPLE,
        b"\x00" + EXAMPLE,
        b"x" * 70_000 + EXAMPLE,
    ],
    ids=repr,
)
def test_what_is_no_note(note: bytes) -> None:
    with pytest.raises(NoteError) as told:
        opened(note, [verifier_key(EXAMPLE_KEY)])
    assert not isinstance(told.value, UnknownSignerError)


@pytest.mark.parametrize(
    "text",
    [
        *("", "name", "name+00000000", EXAMPLE_KEY[:-1], EXAMPLE_KEY + "=", " " + EXAMPLE_KEY),
        EXAMPLE_KEY.replace("foo", "bar"),
        EXAMPLE_KEY.replace("530d903a", "530D903A"),
        EXAMPLE_KEY.replace("+Ae", "+Be"),  # of another type
        "+" + EXAMPLE_KEY.partition("+")[2],
        str(VerifierKey("name", b"\xff" * 32)),  # no point of the curve
    ],
)
def test_what_is_no_verifier_key(text: str) -> None:
    with pytest.raises(NoteError):
        verifier_key(text)


@pytest.mark.parametrize(
    "text", [PETER, PETER_PRIVATE[:-4], PETER_PRIVATE.replace("c74f20a3", "c74f20a4"), ""]
)
def test_what_is_no_signing_key(text: str) -> None:
    with pytest.raises(NoteError) as told:
        signing_key(text)
    assert "AYEK" not in str(told.value)


def test_a_private_key_does_not_show_itself() -> None:
    secret = LOG.private_text().split("+", 4)[4]
    assert secret not in repr(LOG)
    assert secret not in f"{LOG}"
    assert repr(LOG) == "SigningKey('log.example/audit')"


@pytest.mark.parametrize(("name", "seed"), [("a b", bytes(32)), ("", bytes(32)), ("a", bytes(31))])
def test_what_no_signing_key_is_made_of(name: str, seed: bytes) -> None:
    with pytest.raises(NoteError):
        SigningKey(name, seed)


@pytest.mark.parametrize("text", ["no newline", "a\x07\n", "\r\n"])
def test_what_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        sign(text, [LOG])
    with pytest.raises(NoteError, match="needs a key"):
        sign("text\n", [])


def test_a_checkpoint_comes_back() -> None:
    note = checkpoints.signed(HEAD, [LOG])
    assert checkpoints.read(note, [LOG.verifier]) == HEAD
    assert note.split(b"\n")[:4] == [
        b"log.example/audit",
        b"7",
        b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        b"",
    ]


def test_keys_rotate_and_witnesses_sign_besides() -> None:
    note = checkpoints.signed(HEAD, [LOG, NEXT, WITNESS])
    for keys in ([LOG], [NEXT], [NEXT, WITNESS], [LOG, NEXT, WITNESS]):
        assert checkpoints.read(note, [key.verifier for key in keys]) == HEAD
    with pytest.raises(UnknownSignerError):  # a witness does not speak for the log
        checkpoints.read(note, [WITNESS.verifier])
    with pytest.raises(UnknownSignerError):
        checkpoints.signed(HEAD, [WITNESS])


@pytest.mark.parametrize(
    "text",
    [
        "log.example/audit\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",  # an empty log
        HEAD.text().replace("\n7\n", "\n07\n"),
        HEAD.text().replace("\n7\n", "\n-7\n"),
        HEAD.text().replace("\n7\n", "\n٧\n"),
        HEAD.text().replace("\n7\n", "\n" + "7" * 20 + "\n"),
        HEAD.text() + "another line\n",
        HEAD.text().replace("AAEC", "AAE"),
        "log.example/audit\n7\nAAEC\n",
        "log.example/audit\n7\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteError):
        checkpoints.read(sign(text, [LOG]), [LOG.verifier])


def test_checkpoints_are_joined_and_parted() -> None:
    notes = [checkpoints.signed(HEAD, [LOG, *more]) for more in ([], [NEXT], [WITNESS])]
    for count in range(4):
        assert checkpoints.parted(checkpoints.joined(notes[:count])) == notes[:count]
    assert checkpoints.parted(checkpoints.joined(notes) + b"\nmore\n") == [*notes, b"more\n"]


@given(st.lists(st.sampled_from([b"a", b"\n", b"\n\n", EXAMPLE]), max_size=8).map(b"".join))
def test_no_byte_is_lost_when_checkpoints_are_parted(file: bytes) -> None:
    assert checkpoints.joined(checkpoints.parted(file)) == file
