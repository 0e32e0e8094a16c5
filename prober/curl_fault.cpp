#include "prober/curl_fault.hpp"

#include <curl/curl.h>

namespace stalewatch::prober {

Fault fault_of(int curl_code) {
  switch (curl_code) {
    case CURLE_OK:
      return Fault::none;
    case CURLE_OPERATION_TIMEDOUT:
      return Fault::timed_out;
    case CURLE_COULDNT_RESOLVE_HOST:
      return Fault::host_unknown;
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Fault::proxy_unknown;
    case CURLE_COULDNT_CONNECT:
      return Fault::not_connected;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
      return Fault::broken_off;
    case CURLE_TOO_MANY_REDIRECTS:
      return Fault::too_many_redirects;
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Fault::unsupported_protocol;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
      return Fault::not_http;
    case CURLE_BAD_CONTENT_ENCODING:
      return Fault::bad_compression;
    case CURLE_URL_MALFORMAT:
      return Fault::bad_address;
    case CURLE_PEER_FAILED_VERIFICATION:
      return Fault::tls_not_verified;
    case CURLE_SSL_CACERT_BADFILE:
      return Fault::tls_ca_file;
    case CURLE_SSL_CERTPROBLEM:
      return Fault::tls_own_certificate;
    case CURLE_SSL_CLIENTCERT:
      return Fault::tls_wants_certificate;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Fault::tls;
    default:
      return Fault::other;
  }
}

}  // namespace stalewatch::prober
