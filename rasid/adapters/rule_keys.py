"""Which keys a rule file may have: those that count here, those that are read past, and those that are refused.

The names are ElastAlert 2's (elastalert/schema.yaml, docs/source/ruletypes.rst).
"""

from __future__ import annotations

import difflib

TYPES: tuple[str, ...] = (
    "any", "frequency", "spike", "flatline", "new_term", "cardinality", "blacklist", "whitelist", "change",
)  # fmt: skip
# The keys a type cannot do without, and those it may have besides the ones of every rule.
REQUIRED: dict[str, tuple[str, ...]] = {
    "any": (),
    "frequency": ("num_events", "timeframe"),
    "spike": ("spike_height", "spike_type", "timeframe"),
    "flatline": ("threshold", "timeframe"),
    "new_term": (),
    "cardinality": ("cardinality_field", "timeframe"),
    "blacklist": ("compare_key", "blacklist"),
    "whitelist": ("compare_key", "whitelist", "ignore_null"),
    "change": ("compare_key", "query_key", "ignore_null"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "frequency": ("attach_related",),
    "spike": ("threshold_ref", "threshold_cur", "alert_on_new_data"),
    "flatline": ("forget_keys",),
    "new_term": ("fields", "terms_window_size", "alert_on_missing_field"),
    "cardinality": ("max_cardinality", "min_cardinality"),
    "change": ("timeframe",),
}
COMMON: frozenset[str] = frozenset({
    "name", "type", "index", "filter", "alert", "is_enabled", "description", "owner", "priority", "category",
    "timestamp_field", "query_key", "realert", "exponential_realert", "aggregation", "aggregation_key",
    "alert_subject", "alert_subject_args", "alert_text", "alert_text_args", "alert_text_kw", "alert_text_type",
    "x-news",
})  # fmt: skip
NEWS: frozenset[str] = frozenset({
    "id", "level", "languages", "entities", "about", "near", "keywords", "notify", "min_confidence", "active_hours",
    "per", "tags", "references", "for",
})  # fmt: skip
# How ElastAlert asks Elasticsearch, links to Kibana or shows times: nothing of it changes what is found here.
PASSED: frozenset[str] = frozenset({
    "use_ssl", "verify_certs", "ssl_show_warn", "client_cert", "client_key", "ca_certs", "disable_rules_on_error",
    "use_strftime_index", "search_extra_index", "buffer_time", "query_delay", "max_query_size", "max_scrolling",
    "max_threads", "misfire_grace_time", "run_every", "include", "_source_enabled", "use_count_query",
    "use_terms_query", "terms_size", "window_step_size", "use_keyword_postfix", "use_local_time",
    "custom_pretty_ts_format", "timestamp_type", "timestamp_format", "timestamp_format_expr",
    "timestamp_to_datetime_format_expr", "query_timezone", "scan_entire_timeframe", "statsd_instance_tag",
    "statsd_host", "aggregate_by_match_time", "replace_dots_in_field_names", "alert_missing_value",
    "generate_kibana_discover_url", "shorten_kibana_discover_url", "generate_opensearch_discover_url",
})  # fmt: skip
_PASSED_PREFIXES = ("es_", "kibana_", "opensearch_")
# Receivers and what their messages hold besides: receivers stand in notify.yaml here.
_RECEIVERS = (
    "alerta", "alertmanager", "assets_dir", "bcc", "cc", "chatwork", "command", "datadog", "dingtalk", "discord",
    "email", "exotel", "fail_on_non_zero_exit", "from_addr", "gelf", "gitter", "googlechat", "hive", "hivealerter",
    "http_post", "http_post2", "iris", "jira", "lark", "linenotify", "matrixhookshot", "mattermost",
    "ms_power_automate", "ms_teams", "notify_email", "opsgenie", "pagerduty", "pagertree", "pipe", "raw_count",
    "rocket_chat", "servicenow", "ses", "slack", "smseagle", "smtp", "sns", "splunk", "squadcast", "stomp",
    "summary", "telegram", "tencent_sms", "top_count", "twilio", "victorops", "webex", "workwechat", "yzj",
    "zabbix", "zbx",
)  # fmt: skip
REFUSED: dict[str, str] = {
    "metric_aggregation": "", "percentage_match": "", "spike_aggregation": "",
    "match_enhancements": "Python modules are not loaded",
    "run_enhancements_first": "Python modules are not loaded",
    "import": "write what the imported file says into the rule",
    "limit_execution": "use x-news: active_hours",
    "realert_key": "rules do not share their silence here",
    "field_value": "articles are counted, not values",
}  # fmt: skip


def allowed(kind: str) -> frozenset[str]:
    """Give the keys that count in a rule of one type."""
    lists = {"query_key"} if kind in {"blacklist", "whitelist"} else set()
    return COMMON | set(REQUIRED[kind]) | set(OPTIONAL.get(kind, ())) | lists


def is_passed(key: str) -> bool:
    """Tell whether a key is read past without a word."""
    return key in PASSED or key.startswith(_PASSED_PREFIXES)


def is_receiver(key: str) -> bool:
    """Tell whether a key is about a receiver of ElastAlert's own."""
    return any(key == name or key.startswith(f"{name}_") for name in _RECEIVERS)


def refusal(key: str, kind: str) -> str:
    """Say why a key is refused, and what to write instead."""
    why = REFUSED.get(key)
    if why:
        return f"{key} is not supported: {why}"
    users = [name for name in TYPES if key in (*REQUIRED[name], *OPTIONAL.get(name, ()))]
    if users:
        return f"{key} belongs to type {' or '.join(users)}, not to {kind}"
    near = difflib.get_close_matches(key, sorted(allowed(kind)), n=1)
    return f"{key} is not known{f'; did you mean {near[0]}?' if near else ''}"
