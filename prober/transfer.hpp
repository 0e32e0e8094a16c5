#pragma once

// How one HTTP exchange ended, in plain facts; what it means is judged in verdict.hpp.

#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace stalewatch::prober {

/// How far it came.
enum class Phase { resolving, connecting, tls_handshake, waiting, receiving };

/// Why it ended before its end.
enum class Fault {
  none,
  timed_out,
  host_unknown,   ///< its name does not resolve
  proxy_unknown,  ///< alike
  not_connected,
  broken_off,
  too_many_redirects,
  unsupported_protocol,  ///< of a redirect, or of an answer that does not begin as HTTP does
  not_http,
  bad_compression,
  bad_address,
  tls_not_verified,
  tls_ca_file,            ///< ours is unusable
  tls_own_certificate,    ///< ours, or its key, is unusable
  tls_wants_certificate,  ///< from us
  tls,                    ///< the handshake failed in another way
  other,                  ///< curl_text says it
};

/// What the server's certificate was refused for.
struct CertificateRefusal {
  int error = 0;     ///< X509_V_ERR_...; 0: none
  bool leaf = true;  ///< the server's own certificate, not one that signed it
};

/// The server's own certificate.
struct Certificate {
  std::optional<Timestamp> not_before;
  std::optional<Timestamp> not_after;
  std::string names;  ///< "a.example, b.example": unescaped, at most three
};

struct Transfer {
  Fault fault = Fault::none;
  int os_error = 0;       ///< errno of a failed connect, or 0
  std::string curl_text;  ///< libcurl's own words, from outside in parts
  Phase phase = Phase::resolving;
  std::uint16_t http_status = 0;  ///< of the last answer; 0: none
  std::string redirect_to;        ///< where an unfollowed redirect points to
  bool body_too_large = false;
  bool headers_too_large = false;
  bool no_such_name = false;     ///< the name was looked up and does not resolve
  bool no_name_service = false;  ///< the name could not be looked up
  std::string body;              ///< decompressed; of a 2xx answer only
  std::string charset;           ///< that the answer says it is in; empty: says none
  Duration took{};
  std::optional<Duration> clock_offset;  ///< target's clock minus ours
  std::optional<Duration> clock_uncertainty;
  std::optional<Certificate> certificate;  ///< of an https answer or a refused handshake
  CertificateRefusal refusal;
};

}  // namespace stalewatch::prober
