#pragma once

// JSON for those who write it by hand: only texts need care. Pure.

#include <string>
#include <string_view>

namespace stalewatch::mock_server {

/// `text` as a JSON string, quotes included; bytes that are no UTF-8 become U+FFFD.
std::string json_text(std::string_view text);

}  // namespace stalewatch::mock_server
