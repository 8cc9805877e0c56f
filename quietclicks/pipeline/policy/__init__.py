"""The one policy file: what may be done with whose data, as a typed, frozen and checked value."""

from quietclicks.pipeline.policy.model import (
    Change,
    ControllerPolicy,
    EventsPolicy,
    JurisdictionPolicy,
    KeyPolicy,
    NetworkPolicy,
    PartnerPolicy,
    Policy,
    PurposePolicy,
    PurposesPolicy,
    ReleasePolicy,
    RetentionPolicy,
    SitePolicy,
    TcfPolicy,
    TimePolicy,
    TopicPolicy,
    hosts_of,
)
from quietclicks.pipeline.policy.parse import parse, policy_hash
from quietclicks.pipeline.policy.units import FOREVER, Duration, Size

__all__ = [
    "FOREVER",
    "Change",
    "ControllerPolicy",
    "Duration",
    "EventsPolicy",
    "JurisdictionPolicy",
    "KeyPolicy",
    "NetworkPolicy",
    "PartnerPolicy",
    "Policy",
    "PurposePolicy",
    "PurposesPolicy",
    "ReleasePolicy",
    "RetentionPolicy",
    "SitePolicy",
    "Size",
    "TcfPolicy",
    "TimePolicy",
    "TopicPolicy",
    "hosts_of",
    "parse",
    "policy_hash",
]
