#pragma once

// What SOCI's errors say, whichever backend they come from.

#include "recorder/dialect.hpp"
#include "recorder/event_store.hpp"

#include <stdexcept>
#include <string>

namespace soci {
class soci_error;
}

namespace stalewatch::recorder {

/// The database answers, but is not as the recorder needs it, until a person changes it; says what
/// to do.
struct NotSetUp : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Trouble trouble_of(Engine engine, const soci::soci_error& error);
/// A row violates a key, whichever.
bool is_duplicate_of_mysql(const soci::soci_error& error);
/// An index would have longer entries than the table's row format or engine takes.
bool is_too_long_for_an_index(const soci::soci_error& error);
/// The engine's own number or state, for people; "none" when it gave none.
std::string code_of(const soci::soci_error& error);
/// What the engine says, for people.
std::string message_of(const soci::soci_error& error);

}  // namespace stalewatch::recorder
