#include "mock_server/model.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace stalewatch::mock_server {
namespace {

using nlohmann::ordered_json;

constexpr const char* all_hooks = "/hooks";

std::string dumped(const ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

ordered_json json_of(const Settings& settings, Timestamp now) {
  const auto& timeline = settings.timeline;
  ordered_json json{{"mode", describe_mode(settings)},
                    {"data", timeline.frozen ? "frozen" : "updates"},
                    {"every", format_duration_exact(timeline.every)},
                    {"computed_at", format_utc(computed_at(timeline, now))},
                    {"status", settings.status},
                    {"field", settings.field},
                    {"format", settings.style.format}};
  if (settings.sleep > Duration::zero()) json["sleep"] = format_duration_exact(settings.sleep);
  if (settings.date_offset != Duration::zero())
    json["date_offset"] = format_duration(settings.date_offset);
  if (!settings.date) json["date"] = "off";
  if (!settings.to.empty()) json["to"] = settings.to;
  return json;
}

ordered_json json_of(const PathState& state, Timestamp now) {
  const Settings& settings = in_force(state, now);
  ordered_json json = json_of(settings, now);
  if (&settings == &state.settings) return json;
  if (state.temporary->until) json["until"] = format_utc(*state.temporary->until);
  if (state.temporary->answers_left) json["answers_left"] = *state.temporary->answers_left;
  json["then"] = json_of(state.settings, now);
  return json;
}

/// Takes a word out of the list.
std::optional<std::string> take_word(Words& words, std::string_view name) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const auto& word) { return word.first == name; });
  if (found == words.end()) return std::nullopt;
  std::string value = std::move(found->second);
  words.erase(found);
  return value;
}

std::optional<bool> boolean(const std::string& text) {
  if (text == "true" || text == "on") return true;
  if (text == "false" || text == "off") return false;
  return std::nullopt;
}

Error unexpected(const Words& words, const std::string& allowed) {
  return Error{fmt::format("unknown key \"{}\"; allowed: {}", escape_untrusted(words.front().first),
                           allowed)};
}

}  // namespace

Model::Model(Timestamp start) { apply(standard_, Change{.data = DataMode::updates}, start); }

Result<Answer> Model::answer(const std::string& path, const Words& query, Timestamp now) {
  const auto known = known_keys();
  Words words;
  for (const auto& word : query)
    if (std::find(known.begin(), known.end(), word.first) != known.end()) words.push_back(word);
  const auto change = parse_change(words);
  if (!change) return Error{change.error()};
  const auto found = paths_.find(path);
  Settings settings = found == paths_.end() ? standard_.settings : take(found->second, now);
  if (!words.empty()) settings = changed(std::move(settings), *change, now);
  return make_answer(settings, path, now);
}

Answer Model::hook(const HookCall& call, Timestamp now) {
  for (const auto& path : {all_hooks + ("/" + call.credentials), std::string(all_hooks)})
    if (const auto found = paths_.find(path); found != paths_.end())
      return hooks.call(call, take(found->second, now), now);
  return hooks.call(call, Settings{}, now);
}

PathState& Model::state_of(const std::string& path) {
  return paths_.try_emplace(path, standard_).first->second;
}

Result<std::string> Model::set_path(std::string_view spec, Timestamp now) {
  const auto equals = spec.find('=');
  if (equals == std::string_view::npos) return Error{"expected /path=mode,key=value,..."};
  const auto words = split_spec(spec.substr(equals + 1));
  if (!words) return Error{words.error()};
  return change_path(std::string(spec.substr(0, equals)), *words, now);
}

Result<std::string> Model::control(std::string_view text, Timestamp now) {
  const auto read = words_of_json(text);
  if (!read) return Error{read.error()};
  Words words = *read;
  if (const auto path = take_word(words, "path")) return change_path(*path, words, now);
  const auto has = [&](std::string_view name) {
    return std::any_of(words.begin(), words.end(),
                       [&](const auto& word) { return word.first == name; });
  };
  if (has("listening")) return change_listening(words, now);
  if (has("hook_rate") || has("hook_tokens") || has("channel_override") || has("impersonation"))
    return change_hook_rules(words);
  return Error{
      "expected one of: {\"path\": ...}, {\"listening\": false, \"for\": ...}, "
      "{\"hook_rate\": ...}, {\"hook_tokens\": ...}, {\"channel_override\": ...}, "
      "{\"impersonation\": ...}"};
}

Result<std::string> Model::change_path(const std::string& path, const Words& words, Timestamp now) {
  if (!path.starts_with('/'))
    return Error{
        fmt::format("path: expected one that begins with /, got \"{}\"", escape_untrusted(path))};
  if (words.empty()) return Error{"nothing to change; allowed keys: path, " + join(known_keys())};
  const auto change = parse_change(words);
  if (!change) return Error{change.error()};
  if (paths_.size() >= max_paths && !paths_.contains(path))
    return Error{fmt::format("no more than {} paths", max_paths)};
  PathState& state = state_of(path);
  apply(state, *change, now);
  return dumped({{path, json_of(state, now)}});
}

Result<std::string> Model::change_listening(const Words& words, Timestamp now) {
  Words rest = words;
  const std::string wanted = *take_word(rest, "listening");
  const auto open = boolean(wanted);
  if (!open)
    return Error{
        fmt::format("listening: expected true or false, got \"{}\"", escape_untrusted(wanted))};
  const auto duration_text = take_word(rest, "for");
  const auto duration = parse_duration(duration_text.value_or("0s"));
  if (!duration) return Error{"for: expected a duration such as 10s"};
  if (!rest.empty()) return unexpected(rest, "listening, for");
  listening_ = {*open, std::nullopt};
  if (duration_text && !*open) listening_.reopens_at = now + *duration;
  return dumped({{"listening", *open}});
}

Result<std::string> Model::change_hook_rules(const Words& words) {
  HookRules rules = hooks.rules;
  Words rest = words;
  if (const auto text = take_word(rest, "hook_rate")) {
    const auto rate = parse_rate(*text);
    if (!rate) return Error{"hook_rate: " + rate.error()};
    rules.rate = *rate;
  }
  if (const auto text = take_word(rest, "hook_tokens")) {
    const auto list = ordered_json::parse(*text, nullptr, false);
    const bool texts = list.is_array() && std::all_of(list.begin(), list.end(),
                                                      [](const auto& e) { return e.is_string(); });
    if (!texts) return Error{"hook_tokens: expected a list such as [\"ID/TOKEN\"], empty for any"};
    rules.tokens = list.get<std::set<std::string>>();
  }
  for (const auto& [name, flag] :
       {std::pair{"channel_override", &rules.permissions.channel_override},
        std::pair{"impersonation", &rules.permissions.impersonation}})
    if (const auto text = take_word(rest, name)) {
      const auto value = boolean(*text);
      if (!value) return Error{fmt::format("{}: expected true or false", name)};
      *flag = *value;
    }
  if (!rest.empty())
    return unexpected(rest, "hook_rate, hook_tokens, channel_override, impersonation");
  hooks.rules = rules;
  return dumped({{"hook_rules", "changed"}});
}

std::string Model::control_page(Timestamp now) const {
  ordered_json paths = ordered_json::object();
  for (const auto& [path, state] : paths_) paths[path] = json_of(state, now);
  const auto& rules = hooks.rules;
  const auto rate = rules.rate.calls == 0 ? std::string("off")
                                          : fmt::format("{}/{}", rules.rate.calls,
                                                        format_duration_exact(rules.rate.window));
  return dumped({{"now", format_utc(now)},
                 {"listening", listening(now).open},
                 {"paths", std::move(paths)},
                 {"other_paths", json_of(standard_, now)},
                 {"hook_rate", rate},
                 {"channel_override", rules.permissions.channel_override},
                 {"impersonation", rules.permissions.impersonation},
                 {"hook_tokens", rules.tokens.size()}});
}

Listening Model::listening(Timestamp now) const {
  const bool reopened = listening_.reopens_at && now >= *listening_.reopens_at;
  return listening_.open || reopened ? Listening{} : listening_;
}

}  // namespace stalewatch::mock_server
