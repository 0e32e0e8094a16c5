#pragma once

// What OpenSSL knows of a server's certificate. The only place of the prober that touches OpenSSL.

#include "prober/transfer.hpp"

#include <memory>
#include <optional>

using X509 = struct x509_st;
using SSL = struct ssl_st;

namespace stalewatch::prober {

/// Watches one transfer's handshake. The address of a watch must stay valid as long as libcurl
/// keeps the connection.
class HandshakeWatch {
 public:
  HandshakeWatch();
  ~HandshakeWatch();
  HandshakeWatch(const HandshakeWatch&) = delete;
  HandshakeWatch& operator=(const HandshakeWatch&) = delete;

  void clear();
  /// To be called from CURLOPT_SSL_CTX_FUNCTION with its SSL_CTX.
  void attach(void* ssl_ctx);

  bool started() const { return started_; }
  CertificateRefusal refusal() const { return refusal_; }
  /// The server's certificate as it was shown, if it was.
  std::optional<Certificate> certificate() const;

  /// From OpenSSL: the certificate at `depth` was checked.
  void seen(X509* certificate, int depth, int error);

 private:
  struct Release {
    void operator()(X509* certificate) const;
  };
  bool started_ = false;
  CertificateRefusal refusal_;
  std::unique_ptr<X509, Release> leaf_;
};

/// End of validity of the certificate on a connection that stands, reused ones included.
std::optional<Timestamp> peer_certificate_expiry(SSL* ssl);

}  // namespace stalewatch::prober
