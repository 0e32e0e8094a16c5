"""What is watched: many targets that only update, some that get into trouble, some that come and go."""

from dataclasses import dataclass

# Seconds. Short, so that minutes hold many episodes.
INTERVAL = 0.5
TIMEOUT = 0.5
THRESHOLD = 3.0  # of those that get into trouble
MSG_INTERVAL = 3.0
LEASE = 1.5
WATCH_WINDOW = 30.0  # docs/semantics.md: max(3 x interval, 30 s)
AGGREGATOR_SILENCE = 10.0  # docs/semantics.md: no beat for so long is aggregator_lost

STEADY = 30
TROUBLE = 8
GUESTS = 4


@dataclass(frozen=True)
class Target:
    key: str
    every: float  # seconds from one update to the next
    threshold: float
    notification: bool
    recover_after: int = 1

    @property
    def path(self):
        return "/" + self.key

    def configured(self, url):
        return {"address": url + self.path, "interval": f"{int(INTERVAL * 1000)}ms",
                "timeout": f"{int(TIMEOUT * 1000)}ms", "notification_threshold": f"{int(self.threshold * 1000)}ms",
                "msg_interval": f"{int(MSG_INTERVAL * 1000)}ms", "notification": self.notification,
                "recover_after": self.recover_after}


# An hour: the data of these are never stale by themselves; a clock that is believed to have stepped shows at once.
STEADIES = [Target(f"S{n:02}", 0.55 + 0.01 * n, 1800.0, False) for n in range(STEADY)]
# Few enough speak in chat that every message has room for all of them: there each event is looked for by its number.
TROUBLES = [Target(f"T{n}", 0.7 + 0.03 * n, THRESHOLD, n < 5, 1 + (n > 3)) for n in range(TROUBLE)]
GUEST_LIST = [Target(f"G{n}", 0.65 + 0.05 * n, THRESHOLD, n < 2) for n in range(GUESTS)]
ALL = {target.key: target for target in STEADIES + TROUBLES + GUEST_LIST}
