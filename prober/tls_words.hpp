#pragma once

// What a failed TLS handshake means, in words. Pure.

#include "prober/verdict.hpp"

namespace stalewatch::prober {

/// "certificate expired 3 days ago", "self-signed certificate", ...
Verdict tls_verdict(const Transfer& transfer, Timestamp at);

}  // namespace stalewatch::prober
