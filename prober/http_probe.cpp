#include "prober/http_probe.hpp"

#include "common/base/web_address.hpp"
#include "prober/http_slot.hpp"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

namespace stalewatch::prober {
namespace {

constexpr int events_per_wait = 256;
/// Rounds of events in one turn: what comes in faster than it is served must not keep the loop from
/// its other duties.
constexpr int max_rounds = 4;

void start_libcurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_ALL);
  if (code != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

bool is_number(const std::string& host) {
  in_addr v4;
  return host.empty() || host.front() == '[' || inet_pton(AF_INET, host.c_str(), &v4) == 1;
}

}  // namespace

Endpoint endpoint_of(const TargetSpec& spec) {
  const auto sent = address_to_send(spec.address);
  Endpoint endpoint{sent ? *sent : spec.address};  // libcurl says what is wrong with it
  if (!spec.proxy.empty()) return endpoint;        // names are the proxy's business
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, endpoint.url.c_str(), 0) != CURLUE_OK) return endpoint;
  std::string host = url_part(url.get(), CURLUPART_HOST);
  // libcurl itself makes localhost the loopback address.
  if (is_number(host) || host == "localhost") return endpoint;
  endpoint.host = std::move(host);
  endpoint.port = static_cast<std::uint16_t>(
      std::strtoul(url_part(url.get(), CURLUPART_PORT).c_str(), nullptr, 10));
  return endpoint;
}

/// What libcurl calls to have sockets watched and its timer set.
struct HttpProbe::Callbacks {
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* watched) {
    auto& probe = *static_cast<HttpProbe*>(self);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(probe.epoll_, EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_event event{};
    event.data.fd = socket;
    if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    if (watched == nullptr) curl_multi_assign(probe.multi_, socket, self);  // any mark but null
    return epoll_ctl(probe.epoll_, watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
  }

  static int on_timer(CURLM*, long ms, void* self) {
    auto& probe = *static_cast<HttpProbe*>(self);
    if (ms < 0)
      probe.timer_.reset();
    else
      probe.timer_ = probe.now_ + std::chrono::milliseconds(ms);
    return 0;
  }
};

HttpProbe::HttpProbe(Settings settings, Done done)
    : user_agent_(std::move(settings.user_agent)),
      done_(std::move(done)),
      resolver_(std::move(settings.lookup)) {
  start_libcurl();
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll");
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(settings.max_connections));
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Callbacks::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Callbacks::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

HttpProbe::~HttpProbe() {
  for (const auto& slot : slots_)
    if (slot->easy) curl_multi_remove_handle(multi_, slot->easy.get());
  curl_multi_cleanup(
      multi_);  // closes connections, so before the slots that their handshakes refer to
  slots_.clear();
  close(epoll_);
}

void HttpProbe::start(std::uint64_t ticket, const TargetSpec& spec, const Endpoint& endpoint,
                      const Now& now) {
  Slot& slot = free_slot();
  slot.prepare(ticket, spec, endpoint, user_agent_, now);
  ++in_flight_;
  if (endpoint.host.empty())
    launch(slot, now);
  else
    look_up(slot, now);
}

void HttpProbe::turn(const Now& now) {
  now_ = now.mono;
  look_up_waiting(now, resolver_.turn(now.mono));
  serve_sockets();
  if (timer_ && *timer_ <= now_) fire_timer();
  collect(now);
}

std::optional<SteadyTime> HttpProbe::deadline() const {
  if (!ended_.empty()) return now_;
  std::optional<SteadyTime> earliest = timer_;
  for (const Slot* slot : looking_up_) {
    const SteadyTime end = slot->started.mono + slot->timeout;
    earliest = std::min(earliest.value_or(end), end);
  }
  return earliest;
}

HttpProbe::Slot& HttpProbe::free_slot() {
  if (free_.empty()) {
    slots_.push_back(std::make_unique<Slot>());
    free_.push_back(slots_.back().get());
  }
  Slot& slot = *free_.back();
  free_.pop_back();
  return slot;
}

void HttpProbe::look_up(Slot& slot, const Now& now) {
  const Lookup lookup = resolver_.find(slot.endpoint.host, now.mono);
  switch (lookup.state) {
    case Lookup::State::pending:
      looking_up_.push_back(&slot);
      return;
    case Lookup::State::found:
      slot.use_addresses(lookup.addresses);
      launch(slot, now);
      return;
    case Lookup::State::not_found:
      slot.transfer.no_such_name = true;
      break;
    case Lookup::State::no_answer:
      slot.transfer.no_name_service = true;
      break;
  }
  ended_.push_back(&slot);
}

void HttpProbe::look_up_waiting(const Now& now, bool answers) {
  std::vector<Slot*> waiting;
  waiting.swap(looking_up_);
  for (Slot* slot : waiting) {
    if (now.mono - slot->started.mono >= slot->timeout) {
      slot->transfer.fault = Fault::timed_out;
      slot->transfer.phase = Phase::resolving;
      ended_.push_back(slot);
    } else if (answers) {
      look_up(*slot, now);
    } else {
      looking_up_.push_back(slot);
    }
  }
}

void HttpProbe::launch(Slot& slot, const Now& now) {
  slot.launched = now;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(slot.timeout - (now.mono - slot.started.mono));
  const long left_ms = std::max(1L, static_cast<long>(left.count()));  // 0 would be none
  curl_easy_setopt(slot.easy.get(), CURLOPT_TIMEOUT_MS, left_ms);
  curl_easy_setopt(slot.easy.get(), CURLOPT_CONNECTTIMEOUT_MS, left_ms);
  const CURLMcode code = curl_multi_add_handle(multi_, slot.easy.get());
  if (code != CURLM_OK) throw std::runtime_error(curl_multi_strerror(code));
}

void HttpProbe::serve_sockets() {
  std::array<epoll_event, events_per_wait> events;
  int running = 0;
  for (int round = 0; round < max_rounds; ++round) {
    const int count = epoll_wait(epoll_, events.data(), events_per_wait, 0);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      int mask = 0;
      if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) mask |= CURL_CSELECT_IN;
      if ((event.events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
      curl_multi_socket_action(multi_, event.data.fd, mask, &running);
    }
    if (count < events_per_wait) return;
  }
}

void HttpProbe::fire_timer() {
  int running = 0;
  timer_.reset();
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  if (timer_) return;
  // libcurl tells of its timer only when it changes; one that we fired a moment too early has not.
  long ms = -1;
  curl_multi_timeout(multi_, &ms);
  if (ms >= 0) timer_ = now_ + std::chrono::milliseconds(ms);
}

void HttpProbe::collect(const Now& now) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    void* self = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    Slot& slot = *static_cast<Slot*>(self);
    if (slot.found_only_dead_connections(code)) {
      curl_multi_remove_handle(multi_, slot.easy.get());
      slot.use_fresh_connection();
      launch(slot, now);
      continue;
    }
    slot.gather(code);
    curl_multi_remove_handle(multi_, slot.easy.get());
    if (slot.can_ask_undecoded(code))
      launch(slot, now);
    else
      finish(slot, now);
  }
  std::vector<Slot*> ended;
  ended.swap(ended_);
  for (Slot* slot : ended) finish(*slot, now);
}

void HttpProbe::finish(Slot& slot, const Now& now) {
  --in_flight_;
  slot.transfer.took = std::chrono::duration_cast<Duration>(now.mono - slot.started.mono);
  slot.easy.reset();
  done_(slot.ticket, slot.transfer);
  free_.push_back(&slot);
}

}  // namespace stalewatch::prober
