"""As whom each process of a run reaches the broker: on one that denies, each as its own role."""

from pathlib import Path

from msgspec import structs

from quietclicks.agents.access.accounts import path_of
from quietclicks.agents.access.apply import apply
from quietclicks.agents.settings import Settings, load
from quietclicks.commands.secure import access_folder, admin_settings
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.access.rights import rights
from quietclicks.pipeline.policy import Policy

READS = "inspector"
"""As whom the audit log and reports are read: for people."""


class Principals:
    """The roles of one run; without `files` all are the same nobody, who may do everything."""

    def __init__(self, base: Settings, files: Path | None) -> None:
        self._base = base
        self.secure = files is not None
        self._files = files

    @classmethod
    def of(cls, broker: Broker, base: Settings, policy: Policy, secure: bool) -> "Principals":
        """On a broker that denies their users and rights are made."""
        if not secure:
            return cls(base, None)
        files = access_folder(broker.data_dir)
        apply(admin_settings(broker), rights(policy, base.app), files)
        return cls(base, files)

    def settings(self, role: str) -> Settings:
        """How a role reaches the broker."""
        if self._files is None:
            return self._base
        own = load({}, str(path_of(self._files, role)))
        return structs.replace(own, policy=self._base.policy, ticks=self._base.ticks)

    def environment(self, role: str) -> dict[str, str]:
        """The same for a process of its own; a password stays in its file."""
        own = {"QUIETCLICKS_POLICY": self._base.policy or "", "QUIETCLICKS_TICKS": self._base.ticks}
        if self._files is None:
            return {**own, "QUIETCLICKS_BOOTSTRAP": self._base.bootstrap}
        return {**own, "QUIETCLICKS_CONFIG": str(path_of(self._files, role))}
