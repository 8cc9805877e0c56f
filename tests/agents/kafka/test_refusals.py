"""What is told of a missing right: the name of what it is for, and no other text of an error."""

import types

import aiokafka.errors
import kafka.errors
import pytest

from quietclicks.agents.kafka.refusals import about_group, refusal

ODD = "john@example.org asked"


@pytest.mark.parametrize("library", [aiokafka.errors, kafka.errors], ids=lambda each: each.__name__)
@pytest.mark.parametrize(
    ("kind", "argument", "told"),
    [
        ("TopicAuthorizationFailedError", "t", "no right to the topic t: see"),
        ("TopicAuthorizationFailedError", {"u", "t"}, "no right to the topic t and u: see"),
        ("TopicAuthorizationFailedError", None, "no right to the topic: see"),
        ("TopicAuthorizationFailedError", ODD, "no right to the topic: see"),
        ("TopicAuthorizationFailedError", [ODD, "t"], "no right to the topic t: see"),
        ("GroupAuthorizationFailedError", "app.release", "no right to the group app.release: see"),
        ("ClusterAuthorizationFailedError", ODD, "no right to do this to the cluster: see"),
    ],
)
def test_a_right(library: object, kind: str, argument: object, told: str) -> None:
    error = getattr(library, kind)(*(() if argument is None else (argument,)))
    line = refusal(error)
    assert line is not None
    assert told in line
    assert line.endswith("see `quietclicks access check`, as the operator")
    assert "john" not in line


@pytest.mark.parametrize("library", [aiokafka.errors, kafka.errors], ids=lambda each: each.__name__)
@pytest.mark.parametrize("argument", [(), ("Unable to get coordinator id for g",), (ODD,)])
def test_a_group_that_its_client_does_not_name(
    library: types.ModuleType, argument: tuple[str, ...]
) -> None:
    with pytest.raises(library.GroupAuthorizationFailedError) as caught, about_group("app.release"):
        raise library.GroupAuthorizationFailedError(*argument)
    assert "no right to the group app.release: see" in str(refusal(caught.value))


@pytest.mark.parametrize(
    "error",
    [
        aiokafka.errors.GroupAuthorizationFailedError("other"),
        aiokafka.errors.TopicAuthorizationFailedError(),
        aiokafka.errors.KafkaError("x"),
        TimeoutError(),
    ],
    ids=repr,
)
def test_any_other_error_stays_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, about_group("app.release"):
        raise error
    assert caught.value is error


def test_each_clients_own_names() -> None:
    for error in (
        aiokafka.errors.TransactionalIdAuthorizationFailed("app.release.0"),
        kafka.errors.TransactionalIdAuthorizationFailedError("app.release.0"),
    ):
        assert "the transactional id app.release.0" in str(refusal(error))
    for error in (
        aiokafka.errors.SaslAuthenticationFailed(ODD),
        aiokafka.errors.AuthenticationFailedError(ODD),
        kafka.errors.SaslAuthenticationFailedError(ODD),
    ):
        line = refusal(error)
        assert line is not None
        assert "does not take this user with this password" in line
        assert "john" not in line


@pytest.mark.parametrize(
    "error", [aiokafka.errors.KafkaError(), kafka.errors.KafkaError(), ValueError("t")]
)
def test_anything_else_is_none(error: Exception) -> None:
    assert refusal(error) is None
