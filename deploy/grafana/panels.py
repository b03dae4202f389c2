"""The panels of the dashboard, row by row: what each shows, and why it is there.

A target is a query and its legend. `%` in a query stands for the selection of the dashboard:
its job and instances.
"""

from dataclasses import dataclass

VERIFY = 'rpc_method="idphoto.v1.IdPhotoService/VerifyIdPhoto"'
GOOD = f'{VERIFY}, rpc_response_status_code="OK"'
ANSWERED = 'result="answered"'
OURS = 'rpc_method=~"idphoto[.]v1[.].+"'
# A month and a week before a certificate ends, in seconds.
EXPIRY = (2592000, 604800)
COLOURS = {"COMPARED": "green", "ANSWERED": "green", "UNKNOWN": "red", "OUTCOME_UNKNOWN": "red"}


@dataclass(frozen=True)
class Panel:
    title: str
    unit: str
    targets: tuple
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    help: str = ""
    # Values from which a panel turns yellow and red; below, it is green.
    limits: tuple = ()
    # The other way round: low values are the bad ones, and the limits fall.
    falling: bool = False
    stacked: bool = False
    # The values may be below zero.
    signed: bool = False
    # The query returns cumulative buckets, and the panel shows each by itself.
    buckets: bool = False


def rate(metric, labels="", by=""):
    """Events in a second."""
    selection = ", ".join(filter(None, [labels, "%"]))
    return f"sum{f' by ({by}) ' if by else ''}(rate({metric}{{{selection}}}[$__rate_interval]))"


def quantile(share, metric, labels="", by=""):
    """A quantile from the buckets of a histogram, in its unit."""
    buckets = rate(f"{metric}_bucket", labels, ", ".join(filter(None, ["le", by])))
    return f"histogram_quantile({share}, {buckets})"


def mean(metric, labels=""):
    return f"{rate(f'{metric}_sum', labels)} / {rate(f'{metric}_count', labels)}"


COUNT = "rpc_server_call_duration_seconds_count"
CALLS = rate(COUNT, OURS)
LATENCY = "rpc_server_call_duration_seconds"
UPI = "idphoto_upi_call_duration_seconds"

NOW = [
    Panel("Gateways up", "short", (("sum(up{%})", "up"),), "stat", 4, 4,
          "Gateways that Prometheus reaches."),
    Panel("Calls", "reqps", ((CALLS, "calls"),), "stat", 4, 4,
          "Calls of both methods in a second."),
    Panel("Calls with an error", "percentunit",
          ((f"{rate('idphoto_errors_total')} / {CALLS}", "errors"),), "stat", 4, 4,
          "Share of the calls that end with a reason. An answer that rejects is no error.",
          (0.05, 0.2)),
    Panel("Outcome unknown", "short",
          (("sum(increase(idphoto_orders_outcome_unknown_total{%}[$__range]))", "orders"),),
          "stat", 4, 4, "Orders of the range that were sent and never answered.", (1, 5)),
    Panel("Clock against UPI", "s",
          (("max(abs(idphoto_upi_clock_skew_seconds{%}))", "skew"),), "stat", 4, 4,
          "The largest distance. UPI refuses signatures from 300 seconds on.", (60, 240)),
    Panel("Next key expires in", "s", (("min(idphoto_key_expiry_seconds{%})", "expiry"),),
          "stat", 4, 4, "Of all keys with a certificate.", EXPIRY, falling=True),
]

CALLS_ROW = [
    Panel("Calls by status", "reqps",
          ((rate(COUNT, OURS, "rpc_response_status_code"),
            "{{rpc_response_status_code}}"),), stacked=True),
    Panel("Errors by reason", "reqps",
          ((rate("idphoto_errors_total", by="reason"), "{{reason}}"),),
          help="docs/errors.md explains each reason.", stacked=True),
    Panel("Errors by dispatch", "reqps",
          ((rate("idphoto_errors_total", by="dispatch"), "{{dispatch}}"),), stacked=True,
          help="NOT_SENT costs nothing. UNKNOWN may have been charged."),
    Panel("Failed handshakes by cause", "reqps",
          ((rate("idphoto_handshakes_failed_total", by="cause"), "{{cause}}"),), stacked=True,
          help="Clients that never get to a call. `closed` may be a load balancer's look."),
]

LATENCY_ROW = [
    Panel("Latency of calls", "s",
          tuple((quantile(q, LATENCY, VERIFY), name)
                for q, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))),
          help="VerifyIdPhoto, from the headers of a call to its end."),
    Panel("UPI's own latency", "s",
          tuple((quantile(q, UPI, ANSWERED), name)
                for q, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))),
          help="Answered calls to UPI alone."),
    Panel("What the gateway adds", "s",
          ((f"{mean(LATENCY, GOOD)} - {mean(UPI, ANSWERED)}", "mean"),), signed=True,
          help="Mean of good calls less the mean of UPI's. Joined and replayed calls lower it."),
    Panel("Stages, p95", "s",
          ((quantile(0.95, "idphoto_stage_duration_seconds", by="stage"), "{{stage}}"),)),
    Panel("UPI calls by result", "reqps",
          ((rate(f"{UPI}_count", by="result"), "{{result}}"),), stacked=True),
    Panel("Latency of calls, spread", "s",
          ((rate(f"{LATENCY}_bucket", VERIFY, "le"), "{{le}}"),), "heatmap", buckets=True),
]

ANSWERS_ROW = [
    Panel("Answers by category", "reqps",
          ((rate("idphoto_answers_total", by="category"), "{{category}}"),), stacked=True),
    Panel("Answers by response code", "reqps",
          ((rate("idphoto_answers_total", by="response_code"), "{{response_code}}"),),
          stacked=True, help='"other" is every code that the gateway does not know.'),
    Panel("Confidence, mean and median", "short",
          ((mean("idphoto_confidence"), "mean"), (quantile(0.5, "idphoto_confidence"), "median"))),
    Panel("Confidence, spread", "short",
          ((rate("idphoto_confidence_bucket", by="le"), "{{le}}"),), "heatmap", 12, buckets=True),
    Panel("Confidence in the range", "short",
          (("sum by (le) (increase(idphoto_confidence_bucket{%}[$__range]))", "{{le}}"),),
          "bargauge", 12, buckets=True,
          help="Comparisons up to each bound, and above the one before."),
]

ORDERS_ROW = [
    Panel("Orders by their end", "reqps",
          ((rate("idphoto_orders_ended_total", by="dispatch"), "{{dispatch}}"),), stacked=True),
    Panel("Outcome unknown", "reqps",
          ((rate("idphoto_orders_outcome_unknown_total", by="instance"), "{{instance}}"),),
          help="Each may have been charged: see the runbook of IdphotoOutcomeUnknown."),
    Panel("Ending connections to UPI", "reqps",
          ((rate("idphoto_upi_reused_broken_total", by="dispatch"), "{{dispatch}}"),),
          stacked=True, help="Orders on a connection that served others before and was ending."),
    Panel("Circuit to UPI", "short",
          (("max by (instance) (idphoto_upi_circuit{%})", "{{instance}}"),), limits=(1, 2),
          help="0: calls go to UPI. 2: none does, since it takes no connections. 1: one tries."),
    Panel("Refused at once", "reqps",
          ((rate("idphoto_upi_circuit_refused_total", by="instance"), "{{instance}}"),),
          help="Calls while the circuit is open. Nothing was sent for them."),
    Panel("Paused", "short",
          (("max by (instance) (idphoto_upi_paused{%})", "{{instance}}"),), limits=(1, 2),
          help="1 while upi.pause is set, and nothing is sent."),
    Panel("Joined and replayed", "reqps",
          ((rate("idphoto_calls_joined_total"), "joined"),
           (rate("idphoto_calls_replayed_total"), "replayed"),
           (rate("idphoto_attempts_replayed_total", by="by"), "attempts by {{by}}")),
          help="Calls that met an order under way or ended, and further attempts of a mesh."),
]

CALLERS_ROW = [
    Panel("Calls by caller", "reqps", ((rate(COUNT, OURS, "caller"), "{{caller}}"),), stacked=True),
    Panel("Errors by caller", "reqps",
          ((rate(COUNT, f'{OURS}, error_type!=""', "caller, error_type"), "{{caller}} {{error_type}}"),),
          help="QUOTA_EXCEEDED is a caller at one of its limits; anonymous is nobody with an entry."),
    Panel("Left of budgets", "short",
          (("min by (caller, period) (idphoto_budget_left{%})", "{{caller}}, {{period}}"),),
          help="Verifications that callers may have sent in the present day or month."),
    Panel("Keys of bearer tokens", "short",
          (("max by (instance) (idphoto_jwks_keys{%})", "{{instance}}"),), width=12,
          help="By which bearer tokens are checked. 0: none is good."),
    Panel("Sessions of HSMs", "short",
          (("sum by (key, state) (idphoto_token_sessions{%})", "{{key}} {{state}}"),), width=12,
          help="Closed ones are opened again by themselves; hung ones wait for the module."),
]

COMMIT = "idphoto_ledger_commit_duration_seconds"

LEDGER_ROW = [
    Panel("Ledger can be written", "short",
          (("min by (instance) (idphoto_ledger_up{%})", "{{instance}}"),),
          help="0 while a gateway cannot record orders, and sends none."),
    Panel("Commits, p95", "s",
          ((quantile(0.95, COMMIT, by="instance"), "{{instance}}"),),
          help="Until changes are durable. A verification waits for two."),
    Panel("Changes in a commit", "short",
          ((mean("idphoto_ledger_commit_changes"), "mean"),
           (quantile(0.95, "idphoto_ledger_commit_changes"), "p95")),
          help="Claims and ends that wait at the same time become durable together."),
    Panel("Unsettled orders", "short",
          (("sum by (instance) (idphoto_ledger_unsettled{%})", "{{instance}}"),),
          help="Ended, and not recorded yet: see the runbook of IdphotoOrdersUnsettled.",
          limits=(1, 100)),
    Panel("Swept orders and late ends", "reqps",
          ((rate("idphoto_ledger_swept_total"), "swept"),
           (rate("idphoto_ledger_late_ends_total"), "late ends")),
          help="Given up because their gateway is gone, and ended after they were given up."),
    Panel("Orders of the ledger", "short",
          (("max by (job) (idphoto_ledger_orders{%})", "{{job}}"),), width=4),
    Panel("Size of the ledger", "bytes",
          (("max by (job) (idphoto_ledger_size_bytes{%})", "{{job}}"),), width=4),
]

SATURATION_ROW = [
    Panel("Orders under way", "percentunit",
          (("idphoto_orders_active{%} / idphoto_orders_limit{%}", "{{instance}}"),),
          help="Of server.max_in_flight.", limits=(0.8, 0.95)),
    Panel("Calls under way", "short",
          (("sum by (instance) (idphoto_calls_active{%})", "{{instance}}"),)),
    Panel("CPU", "short", ((rate("process_cpu_time_seconds_total", by="instance"), "{{instance}}"),),
          help="Cores in use."),
    Panel("Memory", "bytes", (("process_memory_usage_bytes{%}", "{{instance}}"),)),
    Panel("Open descriptors", "short",
          (("process_open_fds{%}", "{{instance}}"),)),
    Panel("Telemetry lost", "cps",
          ((rate("idphoto_telemetry_lost_total", by="signal, cause"), "{{signal}} {{cause}}"),)),
]

UPKEEP_ROW = [
    Panel("Clock against UPI", "s", (("idphoto_upi_clock_skew_seconds{%}", "{{instance}}"),),
          help="UPI's clock less ours.", signed=True),
    Panel("Keys expire in", "s",
          (("min by (role, kid) (idphoto_key_expiry_seconds{%})", "{{role}} {{kid}}"),), "bargauge",
          limits=EXPIRY, falling=True),
    Panel("Reloads", "short",
          (("sum by (result) (increase(idphoto_reloads_total{%}[$__rate_interval]))", "{{result}}"),
           ("max by (instance) (idphoto_reload_refused{%})", "refused: {{instance}}")),
          help="How often configurations were read again, and gateways that refuse what is there."),
    Panel("Configuration read", "dateTimeFromNow",
          (("1000 * min(idphoto_reload_last_good_seconds{%})", "oldest"),), "stat", 4,
          help="The oldest one in force."),
    Panel("Up for", "s", (("process_uptime_seconds{%}", "{{instance}}"),), width=4),
    Panel("Versions", "short", (("count by (version) (idphoto_build_info{%})", "{{version}}"),),
          "stat", 4),
]

ROWS = [
    ("Now", NOW),
    ("Calls", CALLS_ROW),
    ("Latency", LATENCY_ROW),
    ("Answers", ANSWERS_ROW),
    ("Orders", ORDERS_ROW),
    ("Callers", CALLERS_ROW),
    ("Ledger", LEDGER_ROW),
    ("Saturation", SATURATION_ROW),
    ("Clock, keys, versions", UPKEEP_ROW),
]
