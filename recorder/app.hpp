#pragma once

#include "common/process/process.hpp"

namespace stalewatch::recorder {

/// Records events of the aggregator until SIGTERM. One turn of the loop:
///   1. signals: end, or read the configuration again
///   2. reports of the database; acks of what it has stored
///   3. the next batch to the database, when it is full or old enough
///   4. wait for events, as long as there is room for them
/// While the database is away nothing is read ahead beyond that room: the journal keeps it.
int run(ProcessContext& context);

/// Stores events that stand as JSON lines on standard input, until its end, as those of the journal
/// called `journal`; empty: one of their own, in which lines without a seq are numbered. The cursor
/// is left alone. The result is exit_failed when a line was no event, or when it was ended before
/// all were stored.
int run_stdin(ProcessContext& context, const std::string& journal);

}  // namespace stalewatch::recorder
