#pragma once

// Finds one field of a JSON text. Pure, apart from buffers that it keeps per thread.

#include <string>
#include <string_view>

namespace stalewatch::prober {

/// What stands where a path leads.
struct JsonField {
  enum class Type { not_json, missing, null, boolean, object, array, number, string };
  Type type = Type::missing;
  /// A string's characters, or a number exactly as written; of not_json what stands around the
  /// fault.
  std::string text;
  std::string problem;  ///< of not_json: "unexpected end at line 1, column 12"
};

/// The whole of `body` has to be one JSON value of at most 1,000 levels, wherever the field stands;
/// what that is, json_grammar.hpp says. It is UTF-8, perhaps after a byte order mark; bytes that
/// are not, and halves of surrogate pairs, are read as U+FFFD. Where a key comes twice the last one
/// counts, as for most readers of JSON. `path`: a JSON Pointer if it starts with "/", or keys and
/// array indices with dots between. An index below 0 counts from the end of its array: "-1" is the
/// last. An empty path means the whole value.
JsonField find_json_field(std::string_view body, std::string_view path);

}  // namespace stalewatch::prober
