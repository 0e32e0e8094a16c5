#pragma once

// What the engines' error numbers mean for what can be done. Pure.

#include "recorder/event_store.hpp"

#include <string>

namespace stalewatch::recorder {

Trouble trouble_of_mysql(unsigned code);
/// `code` is an extended one: what concerns the tables and not one event waits for a person on
/// every engine alike.
Trouble trouble_of_sqlite(int code);
/// `message` decides where there is no state, which is so for what the client library or a pooler
/// says, in English; and between states that mean several things, if it names the function that
/// raised the error (libpq's PQERRORS_VERBOSE).
Trouble trouble_of_postgresql(const std::string& sqlstate, const std::string& message);
/// The last state in a message that libpq made by PQERRORS_VERBOSE; empty: none.
std::string state_in_postgresql(const std::string& message);
/// The state that words of a server which speaks English stand for; empty: they may stand for more
/// than one.
std::string state_by_words(const std::string& message);
/// By this state a server refuses an account: the password was tried.
bool is_of_account(const std::string& state);
/// What a database says, on one line and fit to stand in double quotes: without the password, cut
/// to 1,000 bytes.
std::string quotable(std::string message, const std::string& password);
/// Without what is for those who know the server's sources.
std::string for_people_of_postgresql(const std::string& message);

}  // namespace stalewatch::recorder
