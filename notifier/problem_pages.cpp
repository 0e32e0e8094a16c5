#include "notifier/problem_pages.hpp"

#include <utility>

namespace stalewatch::notifier {

std::vector<std::string> ProblemPages::arguments() const {
  return next_.empty() ? std::vector<std::string>() : std::vector{next_};
}

ProblemPages::Took ProblemPages::take(Reply page, const std::string& boot, bool all_understood) {
  if (pages_ == 0) {
    boot_ = boot;
    open_.at = {page.journal, page.head};
  } else if (boot != boot_ || page.journal != open_.at.journal || page.head < open_.at.seq) {
    begin_anew();
    return Took::other_list;
  }
  ++pages_;
  for (auto& problem : page.problems) {
    if (problem.seq > open_.at.seq) continue;  // it comes as an event
    room_ = room_ && open_.problems.size() < max_problems;
    if (room_) open_.problems.push_back(std::move(problem));
  }
  next_ = page.next.value_or("");
  if (!next_.empty()) room_ = room_ && pages_ < max_pages;
  open_.complete = open_.complete && room_ && all_understood;
  return room_ && !next_.empty() ? Took::more : Took::whole;
}

OpenProblems ProblemPages::take_whole() {
  auto whole = std::move(open_);
  begin_anew();
  return whole;
}

}  // namespace stalewatch::notifier
