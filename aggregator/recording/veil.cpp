#include "aggregator/recording/veil.hpp"

#include "common/base/text.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace stalewatch::aggregator {
namespace {

std::string in_hexadecimal(const unsigned char* bytes, std::size_t count) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

}  // namespace

Veil::Veil() {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
    throw std::runtime_error("no random bytes for the key of a recording");
}

std::string Veil::address(const std::string& address) const {
  const auto shown = address_for_people(address);
  if (shown == address) return address;
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int length = 0;
  if (!HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
            reinterpret_cast<const unsigned char*>(address.data()), address.size(), hash.data(),
            &length))
    throw std::runtime_error("an address cannot be hashed for the recording");
  // A fragment is shown to nobody.
  return shown + "#" + in_hexadecimal(hash.data(), length);
}

ServerConfig Veil::policy(ServerConfig policy) const {
  policy.address = address(policy.address);
  policy.headers.clear();
  policy.basic_auth = Secret();
  policy.proxy.clear();
  return policy;
}

void Veil::hide(Saved& saved) const {
  for (auto& target : saved.targets.targets) target.policy = policy(std::move(target.policy));
}

input::Configure Veil::hidden(const input::Configure& configure) const {
  input::Configure hidden{{}, configure.look_first};
  for (const auto& server : configure.servers) hidden.servers.push_back(policy(server));
  return hidden;
}

}  // namespace stalewatch::aggregator
