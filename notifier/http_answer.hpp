#pragma once

#include <string>

namespace stalewatch::notifier {

/// What came of one HTTP request.
struct HttpAnswer {
  long status = 0;               ///< 0: there was no answer
  std::string error;             ///< then: why, without the address
  std::string body;              ///< at most its first 64 KiB
  std::string rate_limit_reset;  ///< header X-RateLimit-Reset: epoch in milliseconds
  std::string retry_after;       ///< header Retry-After: seconds
};

}  // namespace stalewatch::notifier
