#pragma once

// http:// and https:// addresses as people write them, and as they are sent.

#include "common/base/result.hpp"

#include <string>
#include <string_view>

namespace stalewatch {

/// The address with its host in ASCII ("bücher.example" is xn--bcher-kva.example, UTS #46), and in
/// the rest every byte percent-encoded that RFC 3986 does not allow, as browsers do; what is
/// encoded already stays. An error says what is wrong with the host, without quoting it; it goes on
/// after "its host ".
Result<std::string> address_to_send(std::string_view address);

}  // namespace stalewatch
