#include "prober/tls_facts.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <ctime>

namespace stalewatch::prober {
namespace {

constexpr int max_names = 3;  // shown; certificates of hosting companies carry hundreds

int watch_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int on_certificate(int ok, X509_STORE_CTX* store) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (ssl == nullptr) return ok;
  auto* watch =
      static_cast<HandshakeWatch*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), watch_index()));
  if (watch != nullptr)
    watch->seen(X509_STORE_CTX_get_current_cert(store), X509_STORE_CTX_get_error_depth(store),
                ok == 1 ? X509_V_OK : X509_STORE_CTX_get_error(store));
  return ok;
}

std::optional<Timestamp> to_timestamp(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return Timestamp{std::chrono::seconds{timegm(&parts)}};
}

void append_name(std::string& names, std::string_view name) {
  if (!names.empty()) names += ", ";
  names += name.substr(0, 100);
}

std::string alternative_names(const X509* certificate) {
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string names;
  int shown = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(all) && shown < max_names; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_DNS) continue;
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    append_name(names, {bytes, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))});
    ++shown;
  }
  GENERAL_NAMES_free(all);
  return names;
}

std::string common_name(const X509* certificate) {
  char text[256];
  const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                               text, sizeof text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string();
}

}  // namespace

HandshakeWatch::HandshakeWatch() = default;
HandshakeWatch::~HandshakeWatch() = default;

void HandshakeWatch::Release::operator()(X509* certificate) const { X509_free(certificate); }

void HandshakeWatch::clear() {
  started_ = false;
  refusal_ = {};
  leaf_.reset();
}

void HandshakeWatch::attach(void* ssl_ctx) {
  started_ = true;
  auto* context = static_cast<SSL_CTX*>(ssl_ctx);
  SSL_CTX_set_ex_data(context, watch_index(), this);
  // A server that renegotiates later would call back into a watch that is on to another transfer.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(context, SSL_CTX_get_verify_mode(context), on_certificate);
}

void HandshakeWatch::seen(X509* certificate, int depth, int error) {
  if (depth == 0 && certificate != nullptr) {
    X509_up_ref(certificate);
    leaf_.reset(certificate);
  }
  if (error != X509_V_OK) refusal_ = {error, depth == 0};
}

std::optional<Certificate> HandshakeWatch::certificate() const {
  if (!leaf_) return std::nullopt;
  Certificate facts;
  facts.not_before = to_timestamp(X509_get0_notBefore(leaf_.get()));
  facts.not_after = to_timestamp(X509_get0_notAfter(leaf_.get()));
  facts.names = alternative_names(leaf_.get());
  if (facts.names.empty()) facts.names = common_name(leaf_.get());
  return facts;
}

std::optional<Timestamp> peer_certificate_expiry(SSL* ssl) {
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return std::nullopt;
  return to_timestamp(X509_get0_notAfter(certificate));
}

}  // namespace stalewatch::prober
