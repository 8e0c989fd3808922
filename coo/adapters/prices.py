"""What tokens cost, from the price list inside the library genai-prices (works offline; dated by its version)."""

from __future__ import annotations

CHARS_PER_TOKEN = 4
"""Rough, and on the safe side for logs in English."""


def cost(model: str, input_tokens: int, cached_tokens: int, output_tokens: int) -> float | None:
    """US dollars for these tokens (`input_tokens` counts the cached ones too); None for an unknown model."""
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=input_tokens, cache_read_tokens=cached_tokens, output_tokens=output_tokens)
    try:
        return float(calc_price(usage, model, provider_id="openai").total_price)
    except (LookupError, ValueError):
        return None


def estimate(model: str, characters: int, output_tokens: int) -> float | None:
    """US dollars that a question of so many characters costs at most; None for an unknown model."""
    return cost(model, characters // CHARS_PER_TOKEN + 1, 0, output_tokens)


def source() -> str:
    """Name the price list and its version."""
    from importlib.metadata import version

    return f"genai-prices {version('genai-prices')}"
