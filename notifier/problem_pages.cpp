#include "notifier/problem_pages.hpp"

#include <utility>

namespace stalewatch::notifier {

std::vector<std::string> ProblemPages::arguments() const {
  return next_.empty() ? std::vector<std::string>() : std::vector{next_};
}

ProblemPages::Took ProblemPages::take(Reply page, const std::string& boot) {
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
    open_.complete = open_.complete && open_.problems.size() < max_problems;
    if (open_.complete) open_.problems.push_back(std::move(problem));
  }
  next_ = page.next.value_or("");
  if (next_.empty()) return Took::whole;
  open_.complete = open_.complete && pages_ < max_pages;
  return open_.complete ? Took::more : Took::whole;
}

OpenProblems ProblemPages::take_whole() {
  auto whole = std::move(open_);
  begin_anew();
  return whole;
}

}  // namespace stalewatch::notifier
