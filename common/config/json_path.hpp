#pragma once

// The place of a value in JSON, in the spellings that other tools taught people. Pure.

#include "common/base/result.hpp"

#include <string>
#include <string_view>

namespace stalewatch {

/// A dotted path or a JSON Pointer, as the prober follows it, from one of these, or from JSONPath
/// ("$.items[1].mtime", "$['a.b']") or jq (".items[1].mtime", ".\"a.b\""), as far as they mean one
/// value; an index below 0 counts from the end. "$" and "." are the whole answer: an empty path.
/// The error says what it is that is wrong with the path, and what to write.
Result<std::string> plain_json_path(std::string_view written);

}  // namespace stalewatch
