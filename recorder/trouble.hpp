#pragma once

// What the engines' error numbers mean for what can be done. Pure.

#include "recorder/event_store.hpp"

#include <string>

namespace stalewatch::recorder {

Trouble trouble_of_mysql(unsigned code);
/// What concerns the tables and not one event waits for a person on every engine alike; SQLite's
/// code does not tell them apart, its `message` does.
Trouble trouble_of_sqlite(int code, const std::string& message);
/// `message` decides where there is no state: libpq has none for a connection that was refused.
Trouble trouble_of_postgresql(const std::string& sqlstate, const std::string& message);

}  // namespace stalewatch::recorder
