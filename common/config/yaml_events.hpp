#pragma once

// A YAML file as a stream of entries: the parser's events are put together to one small tree per
// entry under the root (per server under `servers:`), handed over and let go, so that a file of
// 100,000 servers never stands in memory as a tree. Anchors, merge keys, duplicate keys and limits
// are dealt with here.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch {

/// A place in a file, 1-based; 0 when unknown.
struct YamlMark {
  int line = 0;
  int column = 0;

  auto operator<=>(const YamlMark&) const = default;
};

struct YamlNode;
using YamlPointer = std::shared_ptr<const YamlNode>;

/// A map's entry.
struct YamlEntry {
  std::string key;
  YamlMark mark;  ///< of the key
  YamlPointer value;
};

/// A value with all that is below it. Shared where the file has an alias.
struct YamlNode {
  enum class Kind { null, scalar, map, sequence };
  Kind kind = Kind::null;
  YamlMark mark;
  int height = 1;                  ///< levels below and including this one
  std::string text;                ///< scalar
  std::vector<YamlEntry> entries;  ///< map
  std::vector<YamlPointer> items;  ///< sequence
};

/// "a list", "a map", "nothing", "a value": for messages.
std::string_view kind_for_people(const YamlNode& node);

struct YamlListener {
  /// An entry of the root map.
  std::function<void(const YamlEntry&)> section;
  /// An entry of the root's map `streamed`, one at a time.
  std::function<void(const YamlEntry&)> streamed_entry;
  /// The map `streamed` begins.
  std::function<void(YamlMark)> streamed_begin;
  /// Something wrong at a place; `path` like "servers.PROD".
  std::function<void(YamlMark, const std::string& path, const std::string& message)> error;
};

/// Parses one document. `streamed` names the root's map whose entries come one by one. What cannot
/// be parsed is an error that ends the reading; the rest has been handed over by then. False after
/// such an end.
bool read_yaml(std::string_view text, std::string_view streamed, const YamlListener& listener);

}  // namespace stalewatch
