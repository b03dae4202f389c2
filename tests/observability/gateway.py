"""The real gateway with a sandbox behind it, and calls of every kind."""

import base64
import copy
import json
import os
import re
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from process import Process

SERVICE = "idphoto.v1.IdPhotoService"
# What grpcurl adds to a gRPC code for its exit code.
CODES = 64
OK = 0
UNKNOWN, INVALID, DEADLINE = CODES + 2, CODES + 3, CODES + 4
NOT_FOUND, EXISTS, INTERNAL = CODES + 5, CODES + 6, CODES + 13
# Seconds that a call may take, and that grpcurl may take on top.
DEADLINE_OF_CALLS = 20
SLACK = 20

# Usage scenarios with which the sandbox picks an outcome, and how grpcurl ends then.
OUTCOMES = (
    [(f"sandbox:confidence={score}", OK) for score in (3, 27, 58, 74, 88, 91, 97, 100)]
    + [(f"sandbox:code={code}", OK) for code in ("05", "70", "30", "94", "57", "91", "99", "Q7")]
    + [("sandbox:fault=unauthorized", INTERNAL), ("sandbox:fault=reset", UNKNOWN)]
)


# For how many days the keys of the sandbox get certificates. Two are for alerts.
CERTIFICATES = {"participant-signing": 20, "upi-encryption": 3, "upi-signing": 400}


# With budgets, so that there is something left of them; a proxy on this machine says who calls.
CALLERS = """callers=[{ name = "loans", identities = ["spiffe://bank.example/loans"],
    daily_budget = 1000, monthly_budget = 10000 }]"""
CALLER = "x-forwarded-client-cert: URI=spiffe://bank.example/loans"
PIN = "fake-pin-of-tests"


class Gateway:
    """`idphoto serve` with all that has metrics, and `idphoto sandbox` behind it, on free ports.

    Its keys have certificates, ours is in a token, callers have budgets and may have bearer tokens.
    """

    def __init__(self, binary, grpcurl, folder):
        self.binary, self.grpcurl, self.process = binary, grpcurl, None
        upi = [binary, "sandbox", "--dir", "upi", "--listen", "127.0.0.1:0"]
        self.sandbox = Process(upi, folder)
        try:
            self.sandbox.told(re.compile(r"^sandbox listening on (\S+)"))
            certify(folder / "upi")
            take_into_token(folder / "upi")
            publish(folder / "upi")
            settings = [
                "admin.listen=127.0.0.1:0",
                "server.drain_delay=0s",
                "upi.signing.cert_file=upi/participant-signing.pub.pem",
                CALLERS.replace("\n", " "),
                'auth.trusted_proxies=["127.0.0.0/8"]',
                "auth.jwt.issuer=https://issuer.example",
                "auth.jwt.audience=idphoto",
                "auth.jwt.jwks_file=upi/jwks.json",
            ]
            command = [binary, "serve", "--config", "upi/idphoto.toml", "--listen", "127.0.0.1:0"]
            for setting in settings:
                command += ["--set", setting]
            self.process = Process(command, folder)
            self.admin = self.process.told(re.compile(r"^admin listening on http://(\S+)"))
            self.address = self.process.told(re.compile(r"^gRPC listening on (\S+)"))
        except (RuntimeError, subprocess.SubprocessError):
            self.stop()
            raise

    def stop(self):
        for process in (self.process, self.sandbox):
            if process:
                process.stop()

    def metrics(self):
        """The page that Prometheus reads."""
        with urllib.request.urlopen(f"http://{self.admin}/metrics", timeout=10) as page:
            return page.read().decode()

    def request(self, scenario=""):
        """A good request with an order id of its own."""
        command = [self.binary, "demo", "--print-request"]
        made = subprocess.run(command, capture_output=True, check=True, text=True, timeout=SLACK)
        request = json.loads(made.stdout)
        if scenario:
            request["consent"]["usage_scenario"] = scenario
        return request

    def call(self, method, request, deadline=DEADLINE_OF_CALLS, header="x-nothing: 1"):
        """grpcurl's exit code."""
        command = [self.grpcurl, "-plaintext", "-max-time", str(deadline), "-H", header]
        return subprocess.run(
            command + ["-H", CALLER, "-d", "@", self.address, f"{SERVICE}/{method}"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=deadline + SLACK,
        ).returncode

    def verify(self, request, **how):
        return self.call("VerifyIdPhoto", request, **how)

    def calls(self):
        """Calls of every kind: what each was, how it ended and how it should have."""
        for scenario, expected in OUTCOMES:
            yield scenario, self.verify(self.request(scenario)), expected
        yield from self.known_orders()
        yield from self.deadlines()
        bad = self.request() | {"photo": ""}
        yield "no photo", self.verify(bad), INVALID
        for header in ("x-envoy-attempt-count: 2", "grpc-previous-rpc-attempts: 1"):
            yield header, self.verify(self.request(), header=header), OK

    def known_orders(self):
        """Orders that are joined, replayed, reused, asked for."""
        slow = self.request("sandbox:delay=1s,confidence=81")
        with ThreadPoolExecutor(2) as both:
            for code in both.map(self.verify, [slow, slow]):
                yield "joined", code, OK
        yield "replayed", self.verify(slow), OK
        other = copy.deepcopy(slow)
        other["consent"]["usage_scenario"] = "another one"
        yield "order id reused", self.verify(other), EXISTS
        order = {"order_id": slow["order_id"]}
        yield "asked for", self.call("GetVerification", order), OK
        order = {"order_id": self.request()["order_id"]}
        yield "never seen", self.call("GetVerification", order), NOT_FOUND

    def deadlines(self):
        late = self.request("sandbox:delay=3s,confidence=66")
        yield "answer pending", self.verify(late, deadline=2), DEADLINE
        yield "deadline too short", self.verify(self.request(), deadline=0.2), DEADLINE


def certify(folder):
    """Puts certificates in the place of the sandbox's public keys."""
    for key, days in CERTIFICATES.items():
        command = ["openssl", "req", "-x509", "-new", "-key", f"{key}.key.pem", "-subj", f"/CN={key}"]
        command += ["-days", str(days), "-out", f"{key}.pub.pem"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=SLACK)


def take_into_token(folder):
    """Puts our key into the SoftHSM that scripts/softhsm.sh has started this with."""
    key = folder / "participant-signing.key.pem"
    command = ["softhsm2-util", "--import", str(key), "--token", "vectors", "--label", "upi", "--id", "02", "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True, timeout=SLACK)
    pin = folder / "token.pin"
    pin.touch(0o600)
    pin.write_text(PIN)
    config = folder / "idphoto.toml"
    lines = [line for line in config.read_text().splitlines() if str(key.name) not in line]
    lines += ["[upi.signing.pkcs11]", f'module = "{os.environ["IDPHOTO_TEST_SOFTHSM"]}"', 'token = "vectors"']
    lines += ['label = "upi"', f'pin_file = "{pin.resolve()}"']
    config.write_text("\n".join(lines) + "\n")


def publish(folder):
    """A key set of an issuer of bearer tokens. Nobody has a token here."""
    command = ["openssl", "rsa", "-in", "upi-signing.key.pem", "-noout", "-modulus"]
    told = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=SLACK)
    modulus = bytes.fromhex(told.stdout.strip().partition("=")[2])
    number = base64.urlsafe_b64encode(modulus).rstrip(b"=").decode()
    key = {"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256", "n": number, "e": "AQAB"}
    (folder / "jwks.json").write_text(json.dumps({"keys": [key]}))
