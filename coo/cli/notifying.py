"""The messengers that the environment has addresses for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coo.adapters.settings import Settings
    from coo.core.playbook import Playbook
    from coo.ports import Messenger


def make_messengers(settings: Settings, playbook: Playbook) -> Mapping[str, Messenger]:
    """A messenger for each place with an address; none where the playbook tells nobody besides the issue."""
    if not playbook.notify:
        return {}
    from coo.adapters.notify import messengers

    return messengers(settings.slack_url, settings.webhook_url, settings.webhook_secret)
