#pragma once

// Events in words. Pure; the local time zone is the process' (TZ). Strings from outside go through
// a Quote, which makes them harmless for where the text is shown.

#include "notifier/item.hpp"

#include <string>
#include <string_view>

namespace stalewatch::notifier {

/// Makes a string from outside fit for one place: the terminal and the log file, or a chat message.
using Quote = std::string (*)(std::string_view);

/// For terminal and log: no control characters, valid UTF-8, at most 200 bytes.
std::string quote_plain(std::string_view untrusted);

/// What an event is to a person; decides colour and order.
enum class Tone { problem, reminder, recovery, fact };
Tone tone_of(const Event& event);

/// The word that stands for a kind in terminal and log: "STALE", "STILL STALE", "FRESH AGAIN";
/// "EVENT" for one that only a newer version knows.
std::string_view word_of(Kind kind);

/// The same within a sentence: "PROD is stale", "PROD is fresh again".
std::string_view phrase_of(Kind kind);
/// The same for an event whose subject is not always a server (many that left the configuration at
/// once are one matter of the configuration), whose kind only a newer version knows, or that says
/// by itself what became of the server ("left the configuration while stale").
std::string phrase_of(const Event& event, Quote quote);

/// A time that is slightly ahead, or one of a clock that is, is as fresh as can be.
std::string format_age(Duration age);

/// "09:47:03+01:00" when it is on the local day of `reference`, else with its date.
std::string near_time(Timestamp t, Timestamp reference);

/// "10:02-10:40 (38m)", with dates when they differ, with seconds when it is short.
std::string span_of(Timestamp from, Timestamp to);

/// What there is to know of an event beyond who and what: "data 15m old (limit 15m), last computed
/// 09:47:03+01:00". May be empty.
std::string facts_of(const Event& event, Quote quote);

/// Why a problem is one, in a few words for a headline: "HTTP 503", "connection refused", "its
/// clock is 5m ahead"; nothing that an answering server has written. Empty where the kind says it
/// all.
std::string headline_reason(const Event& event, Quote quote);

/// "event 123", or nothing for events that the notifier made itself.
std::string number_of(const Event& event);

/// One line for terminal or log, without a newline:
/// "2026-11-22 10:02:03+01:00 STALE           PROD  data 15m old (limit 15m), http://... #123"
/// and for a kind that only a newer version knows its name before the target's:
/// "2026-11-22 10:02:03+01:00 EVENT           certificate_expires PROD  in 5d, http://... #124"
std::string line_of(const Item& item, bool color);

}  // namespace stalewatch::notifier
