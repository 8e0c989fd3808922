"""The model as the settings want it, for `triage` and for `classify --llm`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from coo.core.model import Classification, ModelUse, Source

if TYPE_CHECKING:
    from coo.adapters.openai import OpenAIModel
    from coo.adapters.settings import Settings
    from coo.core.engine import Engine
    from coo.core.logs import Log


def make_model(settings: Settings) -> OpenAIModel | None:
    """Give the model, or None when it is switched off, or not asked for and there is no key for it."""
    if settings.llm is False or (settings.llm is None and not settings.openai_key):
        return None
    from coo.adapters.openai import OpenAIModel

    return OpenAIModel(
        api_key=settings.openai_key,
        name=settings.model,
        base_url=settings.base_url,
        deadline_s=settings.model_deadline,
        max_usd=settings.usd_limit,
    )


class Asker:
    """Asks the model about logs that come without a run."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        from coo.adapters.playbook_file import find_playbook, load_playbook
        from coo.adapters.prompt_file import boundary, system_prompt
        from coo.verdicts import SecondOpinion

        self.model = make_model(settings)
        playbook = load_playbook(find_playbook(settings.playbook))
        self.opinion = SecondOpinion(
            self.model, engine, playbook, system_prompt(), boundary, settings.usd_limit, settings.excerpt_chars
        )

    def ask(self, log: Log, ruled: Classification) -> tuple[Classification, ModelUse | None]:
        """Give the model's verdict where it has a usable one, else the rules' own; and what asking cost."""
        if self.model is None:
            return ruled, None
        answer = self.opinion.consult(self.model, log, ruled)
        if answer.classification is None:
            return ruled, answer.use
        return replace(answer.classification, source=Source.MODEL, fingerprint=ruled.fingerprint), answer.use
