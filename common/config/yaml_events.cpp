#include "common/config/yaml_events.hpp"

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "common/config/yaml_problem.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>
#include <unordered_map>
#include <utility>

namespace stalewatch {
namespace {

/// Deeper than any meaningful configuration (4 levels); bounds every recursion over nodes.
constexpr int max_depth = 32;
/// Entries that merge keys may bring in, in all: 1,000,000 servers with a few each. Stops files
/// that multiply.
constexpr std::size_t max_merged = 20'000'000;

/// Reads memory without copying it, as a file of 100,000 servers has tens of megabytes.
struct MemoryBuffer : std::streambuf {
  explicit MemoryBuffer(std::string_view text) {
    auto* begin =
        const_cast<char*>(text.data());  // std::streambuf's interface; a get area is never written
    setg(begin, begin, begin + text.size());
  }
};

/// Ends the reading at a place.
struct Refused {
  YamlMark mark;
  std::string message;
};

/// The parser counts bytes, people characters. Goes on from the place it was asked for last, so
/// that a long line is counted once.
class Columns {
 public:
  explicit Columns(std::string_view text) : text_(text) {}

  YamlMark mark_of(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    const std::size_t position = std::min(static_cast<std::size_t>(mark.pos), text_.size());
    if (mark.line != line_) {
      line_ = mark.line;
      position_ = position - std::min(position, static_cast<std::size_t>(mark.column));
      column_ = 1;
    }
    for (; position_ < position; ++position_) column_ += begins_character(text_[position_]) ? 1 : 0;
    for (; position_ > position; --position_)
      column_ -= begins_character(text_[position_ - 1]) ? 1 : 0;
    return {line_ + 1, column_};
  }

 private:
  std::string_view text_;
  int line_ = -1;
  std::size_t position_ = 0;
  int column_ = 1;
};

/// Only the tags that YAML itself has; others ask for objects of some language.
void check_tag(const std::string& tag, YamlMark mark) {
  constexpr std::string_view core = "tag:yaml.org,2002:";
  constexpr std::string_view known[] = {"str", "int", "bool", "float", "null", "map", "seq"};
  if (tag.empty() || tag == "?" || tag == "!") return;
  if (tag.rfind(core, 0) == 0 &&
      std::find(std::begin(known), std::end(known), tag.substr(core.size())) != std::end(known))
    return;
  throw Refused{
      mark, "tags (\"" + escape_untrusted(tag, 60) + "\") are not supported; write a plain value"};
}

class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view text, std::string_view streamed, const YamlListener& listener)
      : text_(text), columns_(text), streamed_(streamed), listener_(listener) {}

  bool begun() const { return begun_; }
  YamlMark mark_of(const YAML::Mark& mark) { return columns_.mark_of(mark); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (begun_)
      throw Refused{
          mark_of(mark),
          "a second document begins here; the configuration is one document, remove the \"---\""};
    begun_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    take(node(YamlNode::Kind::null, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end())
      throw Refused{mark_of(mark), "an alias cannot stand inside its own anchor"};
    attach(known->second, mark_of(mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(tag, mark_of(mark));
    if (!is_quote_closed(text_, static_cast<std::size_t>(mark.pos)))
      throw Refused{mark_of(mark), "this quote is never closed"};
    auto scalar = node(YamlNode::Kind::scalar, mark);
    scalar->text = value;
    if (wants_key()) open_.back().key_position = static_cast<std::size_t>(mark.pos);
    take(std::move(scalar), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(tag, mark_of(mark));
    open(node(YamlNode::Kind::sequence, mark), anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(tag, mark_of(mark));
    open(node(YamlNode::Kind::map, mark), anchor);
    if (!streaming()) return;
    if (anchor != 0)
      throw Refused{mark_of(mark),
                    "an anchor (&) on \"" + std::string(streamed_) + "\" itself is not supported"};
    listener_.streamed_begin(mark_of(mark));
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    std::string key;  ///< of the entry whose value comes next
    YamlMark key_mark;
    std::size_t key_position = 0;
    std::unordered_map<std::string, YamlMark> seen;  ///< keys so far
    std::vector<YamlEntry> merged;  ///< from merge keys, in the order of preference
  };

  std::shared_ptr<YamlNode> node(YamlNode::Kind kind, const YAML::Mark& mark) {
    auto made = std::make_shared<YamlNode>();
    made->kind = kind;
    made->mark = mark_of(mark);
    return made;
  }

  void open(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor) {
    if (open_.size() >= max_depth) throw Refused{node->mark, "nested too deeply"};
    if (wants_key())
      throw Refused{node->mark,
                    "a key must be plain text, not " + std::string(kind_for_people(*node))};
    open_.push_back({std::move(node), anchor, false, {}, {}, 0, {}, {}});
  }

  /// Whether the map opened last is the one that is handed over in pieces.
  bool streaming() const {
    return open_.size() == 2 && open_[0].node->kind == YamlNode::Kind::map &&
           open_[0].key == streamed_ && open_[1].node->kind == YamlNode::Kind::map;
  }

  void close() {
    in_pieces_ = streaming();
    Open done = std::move(open_.back());
    open_.pop_back();
    for (auto& entry : done.merged) {
      if (!done.seen.try_emplace(entry.key, entry.mark).second) continue;
      done.node->height = std::max(done.node->height, entry.value->height + 1);
      done.node->entries.push_back(std::move(entry));
    }
    take(std::move(done.node), done.anchor);
  }

  /// A node is complete.
  void take(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor) {
    YamlPointer ready = std::move(node);
    if (anchor != 0) anchors_[anchor] = ready;
    attach(ready, ready->mark);
  }

  bool wants_key() const {
    return !open_.empty() && open_.back().node->kind == YamlNode::Kind::map &&
           !open_.back().has_key;
  }

  void attach(const YamlPointer& child, YamlMark at) {
    if (open_.empty()) return finish_root(*child);
    if (wants_key()) return take_key(*child, at);
    Open& parent = open_.back();
    if (child->height + static_cast<int>(open_.size()) > max_depth)
      throw Refused{at, "nested too deeply"};
    parent.node->height = std::max(parent.node->height, child->height + 1);
    if (parent.node->kind == YamlNode::Kind::sequence) {
      parent.node->items.push_back(child);
      return;
    }
    parent.has_key = false;
    take_entry(parent, {std::move(parent.key), parent.key_mark, child});
  }

  void take_key(const YamlNode& key, YamlMark at) {
    if (key.kind != YamlNode::Kind::scalar)
      throw Refused{at, "a key must be plain text, not " + std::string(kind_for_people(key))};
    Open& parent = open_.back();
    parent.has_key = true;
    parent.key = key.text;
    parent.key_mark = at;
  }

  void take_entry(Open& parent, YamlEntry entry) {
    if (entry.value->kind == YamlNode::Kind::null)
      if (const auto words = explain_lone_words(text_, parent.key_position))
        return listener_.error(entry.mark, "", *words);
    if (entry.key == "<<") return merge(parent, entry);
    const auto [known, fresh] = parent.seen.try_emplace(entry.key, entry.mark);
    if (!fresh) {
      listener_.error(entry.mark, path_to(entry.key),
                      "given twice, first in line " + std::to_string(known->second.line));
      return;
    }
    if (streaming()) return listener_.streamed_entry(entry);
    if (open_.size() > 1) return parent.node->entries.push_back(std::move(entry));
    if (!std::exchange(in_pieces_, false)) listener_.section(entry);
  }

  /// `<<: *anchor` or a list of them: entries that the map itself does not have, the first of a
  /// list winning.
  void merge(Open& parent, const YamlEntry& entry) {
    if (open_.size() == 1 || streaming())
      throw Refused{entry.mark, "merge keys (<<) work inside a server or section, not here"};
    const YamlNode& value = *entry.value;
    if (value.kind == YamlNode::Kind::map) return merge_map(parent, value, entry.mark);
    if (value.kind != YamlNode::Kind::sequence)
      throw Refused{entry.mark, "<< needs a map or a list of maps"};
    for (const auto& item : value.items) {
      if (item->kind != YamlNode::Kind::map)
        throw Refused{entry.mark, "<< needs a map or a list of maps"};
      merge_map(parent, *item, entry.mark);
    }
  }

  void merge_map(Open& parent, const YamlNode& map, YamlMark at) {
    merged_ += map.entries.size();
    if (merged_ > max_merged) throw Refused{at, "merge keys bring in too many entries"};
    parent.merged.insert(parent.merged.end(), map.entries.begin(), map.entries.end());
  }

  void finish_root(const YamlNode& root) {
    if (root.kind == YamlNode::Kind::map) return;
    throw Refused{root.mark, "the file must be a map with \"servers:\", not " +
                                 std::string(kind_for_people(root))};
  }

  std::string path_to(const std::string& key) const {
    std::string path;
    for (const Open& level : open_)
      if (&level != &open_.back()) path += escape_untrusted(level.key, 100) + ".";
    return path + escape_untrusted(key, 100);
  }

  std::string_view text_;
  Columns columns_;
  std::string_view streamed_;
  const YamlListener& listener_;
  bool begun_ = false;
  bool in_pieces_ = false;  ///< the map closed last was handed over in pieces
  std::size_t merged_ = 0;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, YamlPointer> anchors_;
};

}  // namespace

std::string_view kind_for_people(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "a single value";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::sequence:
      return "a list";
  }
  return "";
}

bool read_yaml(std::string_view text, std::string_view streamed, const YamlListener& listener) {
  MemoryBuffer buffer(text);
  std::istream input(&buffer);
  Builder builder(text, streamed, listener);
  try {
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.begun();
  } catch (const Refused& refused) {
    listener.error(refused.mark, "", refused.message);
  } catch (const YAML::Exception& e) {
    YamlMark mark = builder.mark_of(e.mark);
    const std::string message = explain_yaml_problem(text, e.msg, mark);
    listener.error(mark, "", message);
  }
  return false;
}

}  // namespace stalewatch
