#include "prober/resolver.hpp"

#include "common/base/wake.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace stalewatch::prober {
namespace {

using namespace std::chrono_literals;

/// Lookups at the same time: names of one dead zone take a thread each for 10 s or more, and others
/// shall get through.
constexpr std::size_t max_threads = 64;
constexpr auto fresh_for = 60s;  // as libcurl does
constexpr auto usable_for =
    10min;  // while the name service is silent; as long as a connection is kept at most
constexpr auto refused_for =
    5s;  // "no such name" is asked again for each probe, but not by a thousand at once
constexpr int max_addresses = 8;

std::string address_text(const addrinfo& info) {
  char text[INET6_ADDRSTRLEN];
  if (info.ai_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(info.ai_addr);
    return inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text) ? text : "";
  }
  if (info.ai_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(info.ai_addr);
    return inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text) ? "[" + std::string(text) + "]"
                                                                  : "";
  }
  return {};
}

}  // namespace

/// Outlives the resolver while a lookup hangs: the threads are detached and hold it.
struct Resolver::Shared {
  Function function;
  Wake loop;  ///< when there are answers
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::string> queue;
  std::vector<std::pair<std::string, Lookup>> ended;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool stop = false;

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      ++idle;
      wake.wait(lock, [this] { return stop || !queue.empty(); });
      --idle;
      if (stop) return;
      const std::string host = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      Lookup lookup = function(host);
      lock.lock();
      ended.emplace_back(host, std::move(lookup));
      loop.wake();
    }
  }
};

Lookup Resolver::system_lookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error == EAI_AGAIN) return {Lookup::State::no_answer, {}};
  Lookup lookup{Lookup::State::not_found, {}};
  int count = 0;
  for (const addrinfo* info = error == 0 ? list : nullptr; info && count < max_addresses;
       info = info->ai_next) {
    const std::string text = address_text(*info);
    if (text.empty()) continue;
    lookup.addresses += (count++ == 0 ? "" : ",") + text;
  }
  if (list != nullptr) freeaddrinfo(list);
  if (count > 0) lookup.state = Lookup::State::found;
  return lookup;
}

Resolver::Resolver(Function function) : shared_(std::make_shared<Shared>()) {
  shared_->function = std::move(function);
}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stop = true;
  shared_->wake.notify_all();
}

int Resolver::fd() const { return shared_->loop.fd(); }

Lookup Resolver::find(const std::string& host, SteadyTime now) {
  forget_unused(now);
  Known& known = known_[host];
  known.used = now;
  const auto old = now - known.answered;
  switch (known.lookup.state) {
    case Lookup::State::found:
      if (old >= fresh_for && !known.asking) ask(host, known);
      if (old < usable_for) return known.lookup;
      break;
    case Lookup::State::not_found:
    case Lookup::State::no_answer:
      if (old < refused_for) return known.lookup;
      break;
    case Lookup::State::pending:
      break;
  }
  if (!known.asking) ask(host, known);
  return {};
}

bool Resolver::turn(SteadyTime now) {
  if (!shared_->loop.take()) return false;
  std::vector<std::pair<std::string, Lookup>> ended;
  {
    const std::lock_guard lock(shared_->mutex);
    ended.swap(shared_->ended);
  }
  for (auto& [host, lookup] : ended) {
    Known& known = known_[host];
    known.asking = false;
    const bool had_addresses =
        known.lookup.state == Lookup::State::found && now - known.answered < usable_for;
    if (lookup.state == Lookup::State::no_answer && had_addresses) continue;  // still good enough
    known.lookup = std::move(lookup);
    known.answered = now;
  }
  return !ended.empty();
}

void Resolver::ask(const std::string& host, Known& known) {
  known.asking = true;
  const std::lock_guard lock(shared_->mutex);
  shared_->queue.push_back(host);
  if (shared_->idle < shared_->queue.size() && shared_->threads < max_threads) {
    try {
      std::thread([shared = shared_] { shared->work(); }).detach();
      ++shared_->threads;
    } catch (const std::system_error&) {
      // The machine gives no more threads: those that run work the queue off.
    }
  }
  shared_->wake.notify_one();
}

void Resolver::forget_unused(SteadyTime now) {
  if (now - last_forgotten_ < usable_for) return;
  last_forgotten_ = now;
  std::erase_if(known_, [&](const auto& entry) {
    return !entry.second.asking && now - entry.second.used >= usable_for;
  });
}

}  // namespace stalewatch::prober
