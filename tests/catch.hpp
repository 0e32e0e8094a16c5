#pragma once

// Catch2 as the tests use it, by the names of version 3 (Debian 13); version 2 (Debian 12) learns
// those that it lacks. The only place that knows that there are two.

#if __has_include(<catch2/catch_test_macros.hpp>)

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#else

#include <catch2/catch.hpp>

#include <string>

namespace Catch {

inline auto getSeed() { return rngSeed(); }

namespace Matchers {
inline auto ContainsSubstring(const std::string& text) { return Contains(text); }
}  // namespace Matchers

}  // namespace Catch

#endif
