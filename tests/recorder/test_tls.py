"""TLS to servers that demand it: what is asked for is kept to, or the recorder says what is missing."""

import os
import pathlib
import pwd
import shutil
import tempfile

import pytest

from databases import IS_ROOT, MariaDb, Missing, MySql, PostgreSql, run
from recorder_world import check_rows, updated

from certificates import Authority


# The clients of MariaDB 11.4 and later check the server's certificate when nobody tells them not to.
ADMIN_BY_TLS = ("--ssl", "--skip-ssl-verify-server-cert")


@pytest.fixture(scope="module")
def authority():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stalewatch-authority-"))
    folder.chmod(0o755)
    one = Authority(folder)
    one.issue("server")
    one.issue("recorder")
    other = folder / "other"
    other.mkdir()
    one.other = Authority(other)
    yield one
    shutil.rmtree(folder)


def tls_mariadb(folder):
    options = (f"--ssl-ca={folder}/authority.pem", f"--ssl-cert={folder}/server.pem", f"--ssl-key={folder}/server.key",
               "--require-secure-transport=ON")
    return type("TlsMariaDb", (MariaDb,), {"options": options, "tls_of_admin": ADMIN_BY_TLS})()


def tls_mysql(folder):
    """It sees nothing but its sandbox."""
    class TlsMySql(MySql):
        tls_of_admin = ADMIN_BY_TLS

        def prepare(self):
            home = pathlib.Path("/srv/mysql") / self.name
            outside = pathlib.Path(run(self.sandbox, "path").strip() + str(home))
            for name in ("authority.pem", "server.pem", "server.key"):
                shutil.copy(folder / name, outside)
                os.chown(outside / name, outside.stat().st_uid, -1)
            self.options = (f"--ssl-ca={home}/authority.pem", f"--ssl-cert={home}/server.pem", f"--ssl-key={home}/server.key",
                            "--require-secure-transport=ON")
            super().prepare()

    try:
        return TlsMySql()
    except Missing as e:
        pytest.skip(f"NOT TESTED WITH MYSQL: {e}")


def tls_postgresql(folder):
    key = folder / "server.key"
    if IS_ROOT:
        os.chown(key, pwd.getpwnam("postgres").pw_uid, -1)
    key.chmod(0o600)
    options = [word for name, value in (("ssl", "on"), ("ssl_ca_file", folder / "authority.pem"),
                                        ("ssl_cert_file", folder / "server.pem"), ("ssl_key_file", key))
               for word in ("-c", f"{name}={value}")]
    server = type("TlsPostgreSql", (PostgreSql,), {"options": tuple(options)})()
    demand_tls(server, "")
    return server


def demand_tls(server, more):
    """Of the recorder's sessions; PostgreSQL's administrator is let in as before."""
    (server.data / "pg_hba.conf").write_text(f"host all admin 127.0.0.1/32 scram-sha-256\n"
                                             f"hostssl all {server.user} 127.0.0.1/32 scram-sha-256 {more}\n")
    server.admin("SELECT pg_reload_conf()")


def demand_certificate(server, on):
    if server.engine == "postgresql":
        demand_tls(server, "clientcert=verify-ca" if on else "")
    else:
        server.admin(f"ALTER USER {server.user}@localhost REQUIRE {'X509' if on else 'NONE'}")


@pytest.fixture(scope="module", params=[tls_mariadb, tls_mysql, tls_postgresql], ids=["mariadb", "mysql", "postgresql"])
def tls_server(request, authority):
    server = request.param(authority.folder)
    yield server
    server.close()


@pytest.fixture
def database(tls_server):
    return tls_server


def stores(recorder, aggregator, **credentials):
    source = aggregator()
    process = recorder(**credentials).start()
    source.publish(updated(0))
    check_rows(process, source)


def is_refused(recorder, aggregator, words, **credentials):
    """For this reason and no other; words that every engine has, or each its own, or of several the one or the other."""
    aggregator()
    process = recorder(**credentials).start()
    process.wait_for("the database does not let us in or is not set up")
    expected = words if isinstance(words, str) else words[process.database.engine]
    any_of = (expected,) if isinstance(expected, str) else expected
    assert any(one in process.said() for one in any_of), process.said()


def test_a_server_that_demands_tls_is_told_of(recorder, aggregator, database):
    is_refused(recorder, aggregator, "the server demands TLS: write credentials.DB.tls.mode: verify-full or require",
               tls={"mode": "disable"})


def test_encrypted_is_enough_for_require(recorder, aggregator, database):
    stores(recorder, aggregator, tls={"mode": "require"})


def test_a_server_that_its_authority_vouches_for_is_believed(recorder, aggregator, database, authority):
    stores(recorder, aggregator, tls={"ca_file": str(authority.certificate)})


@pytest.mark.parametrize("authority_of", ["other", "system"])
def test_a_server_whose_authority_is_unknown_is_refused(recorder, aggregator, database, authority, authority_of):
    tls = {"ca_file": str(authority.other.certificate)} if authority_of == "other" else {"mode": "verify-full"}
    chain = "self-signed certificate in certificate chain"
    is_refused(recorder, aggregator, {"mariadb": chain, "mysql": chain, "postgresql": "certificate verify failed"}, tls=tls)


def test_a_certificate_of_another_name_is_refused(recorder, aggregator, database, authority):
    # Neither is a name that the certificate has; the one is an address to MariaDB's library, the other to libpq.
    other_name = "localhost" if database.engine == "postgresql" else "127.1"
    no_match = ("Validation of SSL server certificate failed", "Hostname verification failed")  # MariaDB's library 3.3, 3.4
    is_refused(recorder, aggregator, {"mariadb": no_match, "mysql": no_match, "postgresql": "does not match host name"},
               address=f"{other_name}:{database.port}", tls={"ca_file": str(authority.certificate)})


def test_a_file_that_is_not_there_is_told(recorder, aggregator, database):
    none = "TLS/SSL error: No such file or directory"
    is_refused(recorder, aggregator, {"mariadb": none, "mysql": none,
                                      "postgresql": "root certificate file '/nowhere/ca.pem' does not exist"},
               tls={"ca_file": "/nowhere/ca.pem"})


def test_our_own_certificate_is_shown_to_who_asks_for_it(recorder, aggregator, database, authority):
    demand_certificate(database, True)
    try:
        denied = "Access denied for user"
        is_refused(recorder, aggregator, {"mariadb": denied, "mysql": denied,
                                          "postgresql": "connection requires a valid client certificate"},
                   tls={"mode": "require"})
        key = authority.folder / "recorder.key"
        key.chmod(0o600)
        stores(recorder, aggregator, tls={"ca_file": str(authority.certificate), "key_file": str(key),
                                          "cert_file": str(authority.folder / "recorder.pem")})
    finally:
        demand_certificate(database, False)
