#pragma once

// One request's place, with everything that its callbacks fill in. Each request has an easy handle
// of its own: libcurl keeps more in one than it tells (how often a dead connection was replaced,
// cookies, TLS sessions), and a new one costs a microsecond. Connections belong to the multi
// handle. Internal to HttpProbe.

#include "prober/answer_headers.hpp"
#include "prober/http_probe.hpp"
#include "prober/tls_facts.hpp"

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace stalewatch::prober {

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, FreeList>;

struct CleanUp {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using CurlHandle = std::unique_ptr<CURL, CleanUp>;

struct HttpProbe::Slot {
  /// Makes the request ready; forgets the one before.
  void prepare(std::uint64_t ticket, const TargetSpec& spec, const Endpoint& endpoint,
               const std::string& user_agent, const Now& now);
  /// The addresses to connect to, from our own resolver.
  void use_addresses(const std::string& addresses);
  /// Makes the slot ready to be launched again for a body as it comes, not decompressed, where that
  /// helps: an answer came, in a coding that is none. False where it does not.
  bool can_ask_undecoded(CURLcode code);
  /// Whether the request ended because all connections it was given, to its host or to where a
  /// redirect led, had been kept and turned out dead, which says nothing of the server. libcurl
  /// goes on to the next one five times.
  bool found_only_dead_connections(CURLcode code) const;
  /// For the same request once more, on a new connection.
  void use_fresh_connection();
  /// After libcurl is done: the facts it has gathered.
  void gather(CURLcode code);

  CurlHandle easy;  ///< null: no request
  std::uint64_t ticket = 0;
  Endpoint endpoint;
  Duration timeout{};
  Now started{};   ///< when start() was called
  Now launched{};  ///< when libcurl got it
  std::int64_t max_body = 0;
  bool follow_redirects = false;
  bool may_be_tls = false;
  Transfer transfer;
  AnswerHeaders headers;
  HandshakeWatch handshake;

 private:
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* slot);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* slot);
  static CURLcode on_ssl_context(CURL* easy, void* ssl_ctx, void* slot);
  void set_constant_options(const std::string& user_agent);
  void forget_answer();
  void set_target_options(const TargetSpec& spec);
  void gather_phase();
  void gather_clock();
  void note_certificate();

  long connects_of_answers_ = 0;  ///< made by the time the last answer began
  CurlList request_headers_;
  CurlList resolve_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace stalewatch::prober
