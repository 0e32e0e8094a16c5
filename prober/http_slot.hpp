#pragma once

// One request's place: an easy handle, used again and again, with everything its callbacks fill in.
// Internal to HttpProbe.

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

struct HttpProbe::Slot {
  explicit Slot(const std::string& user_agent);
  ~Slot();

  /// Sets what differs from target to target; forgets the request before.
  void prepare(std::uint64_t ticket, const TargetSpec& spec, const Endpoint& endpoint,
               const Now& now);
  /// The addresses to connect to, from our own resolver.
  void use_addresses(const std::string& addresses);
  /// Makes the slot ready to be launched again for a body as it comes, not decompressed, where that
  /// helps: an answer came, in a coding that is none. False where it does not.
  bool can_ask_undecoded(CURLcode code);
  /// After libcurl is done: the facts it has gathered.
  void gather(CURLcode code);

  CURL* easy;
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
  void gather_phase();
  void gather_clock();
  void note_certificate();

  CurlList request_headers_;
  CurlList resolve_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace stalewatch::prober
