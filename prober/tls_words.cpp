#include "prober/tls_words.hpp"

#include "common/base/text.hpp"

#include <openssl/x509_vfy.h>

#include <cerrno>

namespace stalewatch::prober {
namespace {

Verdict tls(std::string what) { return {Outcome::tls, std::move(what)}; }

/// "3 days", "1 day", "5h02m": whole days once there are some.
std::string length_for_people(Duration d) {
  const auto days = std::chrono::duration_cast<std::chrono::days>(d).count();
  if (days == 0) return format_duration(d);
  return std::to_string(days) + (days == 1 ? " day" : " days");
}

std::string expired(const Transfer& transfer, const std::string& whose, Timestamp at) {
  if (!transfer.refusal.leaf || !transfer.certificate || !transfer.certificate->not_after)
    return whose + " expired";
  return whose + " expired " + length_for_people(at - *transfer.certificate->not_after) + " ago";
}

std::string not_yet_valid(const Transfer& transfer, const std::string& whose, Timestamp at) {
  if (!transfer.refusal.leaf || !transfer.certificate || !transfer.certificate->not_before)
    return whose + " is not valid yet";
  return whose + " is not valid for another " +
         length_for_people(*transfer.certificate->not_before - at);
}

std::string refusal_words(const Transfer& transfer, Timestamp at) {
  const std::string whose = transfer.refusal.leaf ? "certificate" : "a certificate of the chain";
  switch (transfer.refusal.error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return expired(transfer, whose, at);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return not_yet_valid(transfer, whose, at);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "self-signed certificate";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "certificate signed by an unknown authority (its root is not trusted)";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "certificate signed by an unknown authority (or the chain is incomplete)";
    case X509_V_ERR_CERT_REVOKED:
      return whose + " is revoked";
    default:
      return whose + " refused: " + X509_verify_cert_error_string(transfer.refusal.error);
  }
}

std::string wrong_host(const Transfer& transfer) {
  if (!transfer.certificate || transfer.certificate->names.empty())
    return "certificate is not for this host";
  return "certificate is not for this host (but for " +
         escape_untrusted(transfer.certificate->names, 100) + ")";
}

}  // namespace

Verdict tls_verdict(const Transfer& transfer, Timestamp at) {
  if (transfer.refusal.error != 0) return tls(refusal_words(transfer, at));
  const std::string& text = transfer.curl_text;
  const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
  switch (transfer.fault) {
    case Fault::tls_not_verified:
      return tls(wrong_host(transfer));
    case Fault::tls_ca_file:
      return tls("ca_file cannot be read by the prober");
    case Fault::tls_own_certificate:
      return tls("cert_file or key_file cannot be used by the prober");
    case Fault::tls_wants_certificate:
      return tls("the server wants a client certificate");
    default:
      break;
  }
  if (says("wrong version number") || says("packet length too long"))
    return tls("the server does not speak TLS on this port");
  if (says("unsupported protocol") || says("protocol version"))
    return tls("the server offers nothing newer than TLS 1.1");
  if (transfer.os_error == ECONNRESET || says("reset by peer") || says("SSL_ERROR_SYSCALL") ||
      says("unexpected eof"))
    return {Outcome::connect, "connection closed during the TLS handshake"};
  return tls("TLS handshake failed: " + escape_untrusted(text, 120));
}

}  // namespace stalewatch::prober
