"""The shapes of well-known secrets: what to look for, cheap words first.

Every pattern is linear: one bounded or single-class run after a distinctive literal, so that a line of
hundreds of kilobytes costs one pass. `words` are literals of which one must be in the text before the
pattern is tried at all (case counts).
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """One kind of secret. Group `s`, if the pattern has one, is the part that is hidden; else all of it is."""

    kind: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    guess: bool = False
    """True when the shape alone proves little: the hidden part must also look random."""


def _shape(kind: str, words: str, pattern: str, guess: bool = False) -> Shape:
    return Shape(kind, tuple(words.split()), re.compile(pattern), guess)


SHAPES: tuple[Shape, ...] = (
    _shape("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9_-]{16,}(?:\.[\w-]{10,}){0,2}"),
    _shape("github-token", "github_pat_", r"github_pat_\w{20,}"),
    _shape(
        "gitlab-token", "gl", r"gl(?:pat|ptt|dt|rt|rtr|cbt|ft|soat|agent|imt|ffct|oas|wt)-[\w-]{16,}(?:\.[\w.]{2,40})?"
    ),
    _shape("gitlab-token", "GR1348941", r"GR1348941[\w-]{20,}"),
    _shape("aws-key-id", "AKIA ASIA ABIA ACCA", r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])"),
    _shape("aws-token", "bedrock-api-key- ABSK", r"(?:bedrock-api-key-|(?<!\w)ABSK)[A-Za-z0-9+/=]{40,}"),
    _shape("gcp-key", "AIza", r"AIza[\w-]{30,}"),
    _shape("gcp-token", "ya29.", r"ya29\.[\w.-]{20,}"),
    _shape("gcp-token", "GOCSPX- 1//0", r"GOCSPX-[\w-]{20,}|(?<![\w/:.])1//0[\w-]{30,}"),
    _shape("azure-secret", "Q~", r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])"),
    _shape(
        "azure-secret",
        "AzCa AZURE AZEG +ASt +AMC",
        r"[A-Za-z0-9+/]{52,76}(?:AzCa|AZEG|AzSe|\+ASt|\+AMC)[A-Za-z0-9+/]{5,6}(?:==)?",
    ),
    _shape("npm-token", "npm_", r"npm_[A-Za-z0-9]{30,}"),
    _shape("pypi-token", "pypi-Ag", r"pypi-Ag[\w-]{16,}"),
    _shape("rubygems-token", "rubygems_", r"rubygems_[a-f0-9]{32,}"),
    _shape("nuget-key", "oy2", r"(?<![A-Za-z0-9])oy2[a-z0-9]{43}(?![a-z0-9])"),
    _shape("cargo-token", "cio", r"(?<![A-Za-z0-9])cio[A-Za-z0-9]{32}(?![A-Za-z0-9])", True),
    _shape("docker-token", "dckr_", r"dckr_[po]at_[\w-]{16,}"),
    _shape("slack-token", "xox xapp-", r"xox[abcdeoprs][.-](?:xox[bp]-)?[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}"),
    _shape("webhook", "hooks.slack.com", r"hooks\.slack\.com/(?P<s>(?:services|workflows|triggers)/[\w/-]{8,})"),
    _shape("webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/(?P<s>\d{5,}/[\w-]{16,})"),
    _shape("webhook", "webhook.office.com", r"webhook\.office\.com/(?P<s>webhookb2/[\w@/-]{16,})"),
    _shape("stripe-key", "k_live_ k_test_ whsec_", r"(?:[srp]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=_]{10,}"),
    _shape("sendgrid-key", "SG.", r"(?<![A-Za-z0-9])SG\.[\w-]{16,}\.[\w-]{16,}"),
    _shape("twilio-key", "SK AC", r"(?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])"),
    _shape("anthropic-key", "sk-ant-", r"sk-ant-[\w-]{16,}"),
    _shape("openai-key", "sk-", r"(?<![A-Za-z0-9])sk-(?:proj-|svcacct-|admin-|None-|or-v1-)?[\w-]{20,}", True),
    _shape("huggingface-token", "hf_", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{20,}|api_org_[A-Za-z]{30,}"),
    _shape(
        "model-key",
        "gsk_ pplx- xai- nvapi- r8_ lsv2_",
        r"(?<![A-Za-z0-9])(?:gsk_|pplx-|xai-|nvapi-|r8_|lsv2_[ps][tk]_)[\w-]{30,}",
    ),
    _shape("digitalocean-token", "_v1_", r"do[opr]_v1_[a-f0-9]{32,}"),
    _shape("vault-token", "hvs. hvb. hvr.", r"(?<![A-Za-z0-9])hv[sbr]\.[\w-]{20,}"),
    _shape("terraform-token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{30,}"),
    _shape("grafana-token", "glsa_ glc_", r"gl(?:sa|c)_[A-Za-z0-9+/=_]{30,}"),
    _shape("sentry-token", "sntry", r"sntry[su]_[A-Za-z0-9+/=_]{30,}"),
    _shape("databricks-token", "dapi", r"(?<![A-Za-z0-9])dapi[a-f0-9]{32}(?:-\d)?"),
    _shape("shopify-token", "shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _shape("atlassian-token", "ATATT3 ATBB ATCTT3", r"(?:ATATT3|ATCTT3|ATBB)[\w=-]{24,}"),
    _shape("newrelic-key", "NRAK- NRJS- NRII-", r"NR(?:AK|JS|II)-[A-Za-z0-9-]{19,}"),
    _shape("mailgun-key", "key-", r"(?<![\w-])key-[0-9a-f]{32}(?![0-9a-f])"),
    _shape("mailchimp-key", "-us", r"(?<![0-9a-f])[0-9a-f]{32}-us\d{1,2}(?!\d)"),
    _shape("square-token", "sq0", r"sq0(?:atp|csp|idp)-[\w-]{22,}"),
    _shape("postman-key", "PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _shape("linear-key", "lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    _shape("figma-token", "figd_ figo_", r"fig[do]_[\w-]{30,}"),
    _shape("brevo-key", "xkeysib- xsmtpsib-", r"x(?:key|smtp)sib-[a-f0-9]{40,}(?:-\w{10,})?"),
    _shape("supabase-key", "sbp_ sb_secret_", r"sbp_[a-f0-9]{40}|sb_secret_[\w-]{20,}"),
    _shape("planetscale-token", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.=-]{20,}"),
    _shape("fly-token", "fm2_ fm1 fo1_", r"(?<![A-Za-z0-9])(?:fm[12][ar]?_|fo1_)[\w+/=-]{20,}"),
    _shape("alibaba-key", "LTAI", r"(?<![A-Za-z0-9])LTAI[A-Za-z0-9]{12,24}(?![A-Za-z0-9])"),
    _shape("age-key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{40,}"),
    _shape("telegram-token", ":AA", r"(?<!\d)\d{8,10}:AA[\w-]{30,}"),
    _shape("onepassword-token", "ops_eyJ", r"ops_eyJ[A-Za-z0-9+/=_-]{30,}"),
    _shape("jwt", "eyJ", r"(?<![\w-])eyJ[\w-]{8,}\.(?:eyJ)?[\w-]{8,}(?:\.[\w-]*)?"),
    _shape("jwt", "\\neyJ", r"(?<=\\n)eyJ[\w-]{8,}\.(?:eyJ)?[\w-]{8,}(?:\.[\w-]*)?"),
    # Base64 of "x-access-token:", "Authorization: " (both cases), "Basic " and "Bearer ".
    _shape(
        "basic-auth",
        "eC1hY2Nlc3MtdG9rZW46 QXV0aG9yaXphdGlvbjog YXV0aG9yaXphdGlvbjog QmFzaWMg QmVhcmVyI",
        r"(?:eC1hY2Nlc3MtdG9rZW46|[QY]XV0aG9yaXphdGlvbjog|QmFzaWMg|QmVhcmVyI)[A-Za-z0-9+/_-]*={0,2}",
    ),
    # Base64 of "-----BEGIN " (a key inside a kubeconfig or an environment value).
    _shape("private-key", "LS0tLS1CRUdJTi", r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]*"),
    _shape(
        "signature",
        "ignature= sig=",
        r"(?<=[?&])(?:X-Amz-Signature|X-Goog-Signature|Signature|sig)=(?P<s>[\w%+/=~-]{16,})",
    ),
    _shape("masked-value", "add-mask", r"(?:::|##\[)add-mask(?:::|\])(?P<s>\S[^\n]*)"),
)
