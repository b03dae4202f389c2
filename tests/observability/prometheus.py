"""A real Prometheus with our sample configuration, on loopback."""

import json
import re
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request

from process import Process

# The sample's, and what a test wants to wait for.
INTERVALS = ("15s", "1s")
SAMPLE_TARGET = "127.0.0.1:9464"


class Prometheus:
    def __init__(self, binary, rules, target, folder):
        for file in rules.glob("*.yaml"):
            shutil.copy(file, folder)
        sample = (rules / "prometheus.yaml").read_text()
        (folder / "prometheus.yaml").write_text(sample.replace(*INTERVALS))
        gateways = (rules / "gateways.yaml").read_text()
        (folder / "gateways.yaml").write_text(gateways.replace(SAMPLE_TARGET, target))
        self.process = Process(
            [binary, "--config.file=prometheus.yaml", "--web.listen-address=127.0.0.1:0"]
            + ["--storage.tsdb.path=tsdb", "--log.format=logfmt"],
            folder,
        )
        listening = re.compile(r'msg="Listening on" address=(127[\d.]+:[1-9]\d*)')
        try:
            self.address = self.process.told(listening)
        except RuntimeError:
            self.process.stop()
            raise

    def stop(self):
        self.process.stop()

    def ask(self, path, **parameters):
        """The data of an answer. Raises RuntimeError with Prometheus' text on an error."""
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error).get("error", "no text")) from error

    def query(self, expression):
        """The series of an instant query."""
        return self.ask("query", query=expression)["result"]

    def targets(self):
        return self.ask("targets")["activeTargets"]

    def rules(self):
        """Every rule, in order."""
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def scrapes(self):
        """How often the gateway has been scraped."""
        found = self.query('count_over_time(up{job="idphoto"}[1h])')
        return int(found[0]["value"][1]) if found else 0

    def wait_for_scrapes(self, more, patience):
        """Whether that many more scrapes came within `patience` seconds."""
        enough = self.scrapes() + more
        return eventually(lambda: self.scrapes() >= enough, patience)


def eventually(condition, patience):
    """Whether the condition held within `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        # Sleeps: between two questions.
        time.sleep(0.2)
    return True
