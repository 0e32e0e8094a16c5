#include "mock_server/answer_log.hpp"

#include <nlohmann/json.hpp>

namespace stalewatch::mock_server {

void AnswerLog::add(SentAnswer answer) {
  answer.n = ++last_n_;
  answers_.push_back(std::move(answer));
  if (answers_.size() <= max_entries) return;
  answers_.pop_front();
  ++dropped_;
}

void AnswerLog::clear() { answers_.clear(); }

std::string AnswerLog::json_lines(std::string_view path, std::uint64_t after) const {
  std::string out;
  for (const auto& answer : answers_) {
    if (answer.n <= after || (!path.empty() && answer.path != path)) continue;
    nlohmann::ordered_json line{{"n", answer.n},
                                {"at", format_utc(answer.at)},
                                {"sent_at", format_utc(answer.sent_at)},
                                {"client", answer.client},
                                {"path", answer.path},
                                {"mode", answer.mode},
                                {"status", answer.status}};
    line["computed_at"] = nullptr;
    if (answer.computed_at) line["computed_at"] = format_utc(*answer.computed_at);
    out += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  return out;
}

}  // namespace stalewatch::mock_server
