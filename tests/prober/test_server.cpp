#include "test_server.hpp"

#include "common/base/clocks.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <thread>

namespace stalewatch::prober {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Cert = std::shared_ptr<X509>;

Key new_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void add_extension(X509* cert, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

Cert new_cert(const Key& key, const std::string& name, Timestamp from, Timestamp until,
              X509* issuer, EVP_PKEY* issuer_key, bool authority) {
  static long serial = 1;
  Cert cert(X509_new(), X509_free);
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(cert.get()), to_us(from) / 1'000'000);
  ASN1_TIME_set(X509_getm_notAfter(cert.get()), to_us(until) / 1'000'000);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(cert.get(), issuer ? X509_get_subject_name(issuer) : subject);
  if (authority)
    add_extension(cert.get(), NID_basic_constraints, "critical,CA:TRUE");
  else
    add_extension(cert.get(), NID_subject_alt_name, "DNS:" + name);
  X509_sign(cert.get(), issuer_key ? issuer_key : key.get(), EVP_sha256());
  return cert;
}

}  // namespace

struct Authority::Parts {
  Key key = new_key();
  Cert cert;
};

Authority::Authority() : parts_(std::make_unique<Parts>()) {
  const Timestamp now = read_clocks().wall;
  parts_->cert = new_cert(parts_->key, "Test Authority", now - std::chrono::hours(24 * 30),
                          now + std::chrono::hours(24 * 30), nullptr, nullptr, true);
  char path[] = "/tmp/stalewatch-ca-XXXXXX";
  const int fd = mkstemp(path);
  if (fd < 0) throw std::runtime_error("mkstemp");
  file_ = path;
  FILE* file = fdopen(fd, "w");
  PEM_write_X509(file, parts_->cert.get());
  fclose(file);
}

Authority::~Authority() { unlink(file_.c_str()); }

std::shared_ptr<SSL_CTX> Authority::server(const std::string& name, Timestamp from, Timestamp until,
                                           bool self_signed) const {
  const Key key = new_key();
  const Cert cert = new_cert(key, name, from, until, self_signed ? nullptr : parts_->cert.get(),
                             self_signed ? nullptr : parts_->key.get(), false);
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), cert.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  return context;
}

bool Exchange::write(const std::string& bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto left = bytes.size() - done;
    const auto n = ssl ? SSL_write(ssl, bytes.data() + done, static_cast<int>(left))
                       : send(fd, bytes.data() + done, left, MSG_NOSIGNAL);
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

void Exchange::answer(const std::string& status, const std::string& body,
                      const std::string& headers) const {
  write("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
        headers + "\r\n" + body);
}

void Exchange::reset() const {
  const linger at_once{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

TestServer::TestServer(Handler handler, std::shared_ptr<SSL_CTX> tls)
    : handler_(std::move(handler)), tls_(std::move(tls)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to closed connections, on both sides of a test
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 1000) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no listener for the test");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

TestServer::~TestServer() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  close(listener_);
}

std::string TestServer::url(const std::string& path, const std::string& host) const {
  return std::string(tls_ ? "https" : "http") + "://" + host + ":" + std::to_string(port_) + path;
}

void TestServer::accept_all() {
  for (int fd; (fd = accept(listener_, nullptr, nullptr)) >= 0;) {
    ++connections_;
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void TestServer::serve(int fd) {
  SSL* ssl = nullptr;
  bool alive = true;
  if (tls_) {
    ssl = SSL_new(tls_.get());
    SSL_set_fd(ssl, fd);
    alive = SSL_accept(ssl) == 1;
  }
  std::string buffer;
  char bytes[4096];
  while (alive) {
    const auto n = ssl ? SSL_read(ssl, bytes, sizeof bytes) : recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0) break;
    buffer.append(bytes, static_cast<std::size_t>(n));
    if (buffer.front() ==
        '\x16') {  // a TLS client at a port without TLS; answered as most servers do
      Exchange{{}, {}, fd, nullptr}.write("HTTP/1.1 400 Bad Request\r\n\r\n");
      break;
    }
    const auto end = buffer.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    Exchange exchange{{}, buffer.substr(0, end), fd, ssl};
    const auto from = exchange.request.find(' ') + 1;
    exchange.path = exchange.request.substr(from, exchange.request.find(' ', from) - from);
    buffer.clear();
    alive = handler_(exchange);
  }
  SSL_free(ssl);
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  close(fd);
}

}  // namespace stalewatch::prober
