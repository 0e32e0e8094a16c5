#pragma once

// The body of an answer as UTF-8, decoded as Python's requests and browsers do it.

#include <optional>
#include <string>
#include <string_view>

namespace stalewatch::prober {

/// Nothing when the body is UTF-8 as it stands, or should be. Otherwise it is converted from UTF-16
/// or UTF-32, known by its byte order mark or by the zeros of its first characters, or from
/// `charset`, the one that Content-Type names; one that is not known counts as UTF-8. What cannot
/// be converted becomes U+FFFD.
std::optional<std::string> body_in_utf8(std::string_view body, std::string_view charset);

}  // namespace stalewatch::prober
