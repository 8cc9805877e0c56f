"""A broker's users and access list: looks at them, and makes one change at a time.

Decides nothing: what to change is told. A password goes to the broker salted and hashed.
"""

from collections.abc import Iterable

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka.errors import ClusterAuthorizationFailedError, SecurityDisabledError

from quietclicks.agents.access.accounts import Account
from quietclicks.errors import Failure
from quietclicks.pipeline.access.diff import Entry, LiveAccess
from quietclicks.pipeline.access.rights import Right

_EVERYTHING = ACLFilter(
    principal=None,
    host=None,
    operation=ACLOperation.ANY,
    permission_type=ACLPermissionType.ANY,
    resource_pattern=ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)
_SCRAM = ScramMechanism.SCRAM_SHA_512
# Kafka's least. More would slow each login down and protect nothing: a password of 256 random bits
# cannot be guessed.
_ITERATIONS = 4096


def look(client: KafkaAdminClient) -> LiveAccess:
    """All there is. Raises `Failure`, `KafkaError`."""
    try:
        acls, _ = client.describe_acls(_EVERYTHING)
    except SecurityDisabledError:
        acls = []  # without an authorizer there is no list; the broker's configuration tells so
    except ClusterAuthorizationFailedError:
        raise Failure(
            "this user may not see who may do what: it takes Describe on the cluster, which "
            "operator, inspector and auditor have, or a super user"
        ) from None
    users = client.describe_user_scram_credentials()
    return LiveAccess(
        frozenset(name for name, found in users.items() if _has_password(found)),
        frozenset(map(_entry, acls)),
        _brokers(client),
    )


def _has_password(found: dict[str, list[dict[str, object]]]) -> bool:
    return any(each["mechanism"] == _SCRAM for each in found["credential_infos"])


def _brokers(client: KafkaAdminClient) -> dict[int, dict[str, str]]:
    numbers = [str(each["broker_id"]) for each in client.describe_cluster()["brokers"]]
    found = client.describe_configs(
        [ConfigResource(ConfigResourceType.BROKER, number) for number in numbers],
        config_filter="all",
    )["broker"]
    return {
        int(number): {key: str(told["value"] or "") for key, told in found[number].items()}
        for number in numbers
    }


def grant(client: KafkaAdminClient, entries: Iterable[Entry]) -> None:
    """Add lines to the access list."""
    wanted = list(entries)
    if wanted:
        answer = client.create_acls(
            [ACL(*_parts(entry), _pattern(entry.right)) for entry in wanted]
        )
        for error in answer["failed"]:
            raise error


def revoke(client: KafkaAdminClient, entries: Iterable[Entry]) -> None:
    """Take lines off the access list."""
    unwanted = list(entries)
    if unwanted:
        filters = [ACLFilter(*_parts(entry), _pattern(entry.right)) for entry in unwanted]
        for _, _, error in client.delete_acls(filters):
            if error.errno:
                raise error


def set_password(client: KafkaAdminClient, account: Account) -> None:
    """Make a user, or change its password. Raises `Failure`."""
    _alter(
        client, UserScramCredentialUpsertion(account.user, _SCRAM, account.password, _ITERATIONS)
    )


def delete_user(client: KafkaAdminClient, user: str) -> None:
    """So that nobody logs in by that name any more. Raises `Failure`."""
    _alter(client, UserScramCredentialDeletion(user, _SCRAM))


def _alter(
    client: KafkaAdminClient,
    alteration: UserScramCredentialUpsertion | UserScramCredentialDeletion,
) -> None:
    for user, message in client.alter_user_scram_credentials([alteration]).items():
        if message is not None:
            raise Failure(f"the broker would not change the user {user}: {message}")


def word(name: str) -> str:
    """An operation as the table calls it: of DESCRIBE_CONFIGS, DescribeConfigs."""
    return name.title().replace("_", "")


def _entry(acl: ACL) -> Entry:
    pattern = acl.resource_pattern
    right = Right(
        pattern.resource_type.name.lower().replace("_", " "),
        pattern.resource_name,
        pattern.pattern_type is ACLResourcePatternType.PREFIXED,
        word(acl.operation.name),
    )
    return Entry(acl.principal, right, acl.host, acl.permission_type is ACLPermissionType.ALLOW)


def _parts(entry: Entry) -> tuple[str, str, ACLOperation, ACLPermissionType]:
    operation = next(each for each in ACLOperation if word(each.name) == entry.right.operation)
    allows = ACLPermissionType.ALLOW if entry.allows else ACLPermissionType.DENY
    return entry.principal, entry.host, operation, allows


def _pattern(right: Right) -> ResourcePattern:
    kind = ResourceType[right.resource.upper().replace(" ", "_")]
    prefixed = ACLResourcePatternType.PREFIXED
    literal = ACLResourcePatternType.LITERAL
    return ResourcePattern(kind, right.name, prefixed if right.prefixed else literal)
