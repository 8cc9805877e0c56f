"""The roles and what each may do on the broker: one table, and nothing else grants a right.

Whoever needs a right gets a line here; `quietclicks access`, the table in docs/operating.md and the
test of the whole matrix follow it. No role but the worker reads what arrives, what is counted or a
key, but for the audit program, which tells nothing of it. None may hand out rights: who may has all
of them, and is the cluster's own super user.
"""

from enum import StrEnum

from msgspec import Struct

from quietclicks.schemas import topics


class Resource(StrEnum):
    """What a right is for, in Kafka's words."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional id"
    CLUSTER = "cluster"


class Operation(StrEnum):
    """What may be done with it. Read, Write, Delete and Alter include Describe."""

    READ = "Read"
    WRITE = "Write"
    CREATE = "Create"
    DELETE = "Delete"
    ALTER = "Alter"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"
    ALTER_CONFIGS = "AlterConfigs"


class Grant(Struct, frozen=True):
    """Some operations on what a pattern names, and what for.

    A topic's `*` stands for those of the policy that fit, and for no dot unless it is alone; with
    `unlisted`, and for other resources, for any further name. `{app}`, `{role}` and `{partner}` are
    filled in.
    """

    resource: Resource
    pattern: str
    operations: tuple[Operation, ...]
    why: str
    unlisted: bool = False


class Role(Struct, frozen=True):
    """A principal and all that it may do. `{partner}` in the name: one for each partner."""

    name: str
    who: str
    grants: tuple[Grant, ...]


def _topic(pattern: str, *operations: Operation, why: str) -> Grant:
    return Grant(Resource.TOPIC, pattern, operations, why)


# Consumer groups of a reader's own. Names of other roles' groups begin otherwise.
_GROUPS = Grant(Resource.GROUP, "{role}.*", (Operation.READ,), "its own consumer groups")
_TRENDS = _topic("trends.*", Operation.READ, why="published numbers")
_SUMMARY = _topic(topics.SUMMARY, Operation.READ, why="keys destroyed, the last audit")
_LOG = (
    _topic(topics.AUDIT, Operation.READ, why="the audit log"),
    _topic(topics.CHECKPOINTS, Operation.READ, why="its checkpoints"),
)
_PARTNERS = topics.PARTNERS + "*"
_PARTNERS_NOTICES = topics.notices_of(_PARTNERS)
_NOTICES = "which of these are deleted or corrected"
# What `topics check` and `access check` look at: how topics are kept, and who may do what. A topic
# that the policy does not list has to be seen, too.
_LOOK = (
    *(
        Grant(
            Resource.TOPIC,
            f"{prefix}*",
            (Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS),
            "`topics check`: how it is kept, and nothing in it",
            unlisted=True,
        )
        for prefix in topics.PREFIXES
    ),
    Grant(
        Resource.CLUSTER,
        "",
        (Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS),
        "`topics check`, `access check`",
    ),
)
_CUT = (Operation.READ, Operation.WRITE, Operation.DELETE, Operation.DESCRIBE_CONFIGS)

PARTNER = "partner-"

ROLES = (
    Role(
        "collector",
        "sends what arrives",
        (_topic(topics.RAW, Operation.WRITE, why="events; it reads nothing back"),),
    ),
    Role(
        "worker",
        "our software, and no person",
        (
            _topic(topics.RAW, Operation.READ, Operation.WRITE, why="events; ticks"),
            _topic(topics.PSEUDONYMISED, *_CUT, why="output; the cut, and that all of it is gone"),
            _topic(_PARTNERS, *_CUT, why="the same"),
            # Of each topic that it writes it looks whether a transaction of its own hangs.
            _topic(topics.REJECTED, Operation.READ, Operation.WRITE, why="output"),
            _topic(topics.CELLS, Operation.READ, Operation.WRITE, why="state"),
            _topic(
                topics.PARTIALS,
                Operation.READ,
                Operation.WRITE,
                Operation.DELETE,
                why="closed counts; the cut of released days",
            ),
            _topic("trends.*", Operation.READ, Operation.WRITE, why="release; what is released"),
            _topic(topics.KEYS, Operation.READ, Operation.WRITE, why="day keys"),
            _topic(topics.REQUESTS, Operation.READ, Operation.WRITE, why="requests; their end"),
            _topic(topics.RESPONSES, Operation.READ, Operation.WRITE, why="the answers"),
            _topic(topics.RESTRICTIONS, Operation.READ, Operation.WRITE, why="whom to leave out"),
            _topic(topics.NOTICES, Operation.READ, Operation.WRITE, why="what is erased"),
            _topic(_PARTNERS_NOTICES, Operation.READ, Operation.WRITE, why="the same"),
            _topic(topics.AUDIT, Operation.READ, Operation.WRITE, why="the audit log"),
            _topic(topics.CHECKPOINTS, Operation.READ, Operation.WRITE, why="its checkpoints"),
            _topic(topics.AUDITS, Operation.READ, why="outcomes of audits, for the log"),
            _topic(topics.SUMMARY, Operation.READ, Operation.WRITE, why="what everybody may know"),
            _topic(topics.WORKERS, Operation.READ, Operation.WRITE, why="starts and stops"),
            # What the broker has otherwise than the policy asks is told by the audit log.
            *_LOOK,
            Grant(Resource.GROUP, "{app}.*", (Operation.READ,), "offsets"),
            Grant(Resource.TRANSACTIONAL_ID, "{app}.*", (Operation.WRITE,), "exactly once"),
        ),
    ),
    Role(
        "analyst",
        "our analysts",
        (
            _topic(topics.PSEUDONYMISED, Operation.READ, why="single visits without a name"),
            _topic(topics.NOTICES, Operation.READ, why=_NOTICES),
            _TRENDS,
            _SUMMARY,
            _GROUPS,
        ),
    ),
    Role("dashboard", "everybody else in the company", (_TRENDS, _SUMMARY, _GROUPS)),
    Role(
        PARTNER + "{partner}",
        "one partner",
        (
            _topic(topics.PARTNERS + "{partner}", Operation.READ, why="its own copy"),
            _topic(topics.notices_of(topics.PARTNERS + "{partner}"), Operation.READ, why=_NOTICES),
            _GROUPS,
        ),
    ),
    Role(
        "dpo",
        "the data protection officer",
        (
            _topic(topics.REQUESTS, Operation.WRITE, why="requests; it reads none back"),
            _topic(topics.RESPONSES, Operation.READ, why="the answers, and the keys for boxes"),
        ),
    ),
    Role(
        "inspector",
        "our auditors: `audit log`, `audit receipt`, `audit pack`, `audit differencing`",
        (
            *_LOOK,
            _TRENDS,
            _SUMMARY,
            *_LOG,
            _topic(topics.AUDITS, Operation.READ, why="reports of audits"),
            _GROUPS,
        ),
    ),
    Role(
        "auditor",
        "our audit program, and no person: `audit run`, `audit report`",
        (
            *_LOOK,
            _topic(topics.RAW, Operation.READ, why="that partners get nothing of who objects"),
            _topic(topics.PSEUDONYMISED, Operation.READ, why="what events tell"),
            _topic(_PARTNERS, Operation.READ, why="the same"),
            _topic(topics.REJECTED, Operation.READ, why="that nothing is older than it may be"),
            _topic(topics.KEYS, Operation.READ, why="that the destroyed are gone; it opens none"),
            _TRENDS,
            _SUMMARY,
            *_LOG,
            _topic(topics.AUDITS, Operation.READ, Operation.WRITE, why="its reports"),
            Grant(Resource.GROUP, "{app}.*", (Operation.DESCRIBE,), "how far all is released"),
            _GROUPS,
        ),
    ),
    Role(
        "operator",
        "who keeps it running",
        (
            _topic(
                "*",
                Operation.CREATE,
                Operation.ALTER,
                Operation.ALTER_CONFIGS,
                why="`topics apply`",
            ),
            *_LOOK,
            _topic(topics.REJECTED, Operation.READ, why="that visits were not used, and why"),
            Grant(Resource.GROUP, "{app}.*", (Operation.DESCRIBE,), "`offsets show`"),
            _GROUPS,
        ),
    ),
    Role(
        "mirror",
        "copies trends to another cluster",
        (
            _topic("trends.*", Operation.READ, Operation.DESCRIBE_CONFIGS, why="published numbers"),
            _GROUPS,
        ),
    ),
)
