"""An authority and the certificates that a client must refuse, made with openssl."""

import subprocess
import threading

AUTHORITY_CONFIG = """
[ca]
default_ca = authority
[authority]
dir = {folder}
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
certificate = {folder}/authority.pem
private_key = {folder}/authority.key
default_md = sha256
policy = anything
copy_extensions = copy
[anything]
commonName = supplied
"""


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self._signing = threading.Lock()  # openssl keeps one list of what it has signed
        self.certificate = folder / "authority.pem"
        self._run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Test authority",
                  "-keyout", folder / "authority.key", "-out", self.certificate)
        (folder / "index.txt").touch()
        (folder / "authority.cnf").write_text(AUTHORITY_CONFIG.format(folder=folder))

    def issue(self, name, subject_alternative="IP:127.0.0.1", expired=False):
        """A signed certificate; the arguments of the mock server for it."""
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        self._run("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request,
                  "-addext", f"subjectAltName={subject_alternative}")
        dates = (["-startdate", "20250101000000Z", "-enddate", "20250201000000Z"] if expired else ["-days", "30"])
        with self._signing:
            self._run("ca", "-batch", "-notext", "-config", self.folder / "authority.cnf", *dates,
                      "-in", request, "-out", certificate)
        return ["--tls-cert", certificate, "--tls-key", key]

    def self_signed(self, name):
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        self._run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                  "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)
        return ["--tls-cert", certificate, "--tls-key", key]

    @staticmethod
    def _run(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
